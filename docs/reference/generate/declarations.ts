/** What the TypeScript sources declare, read with the compiler: types, fields, exports and their docblocks. */
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import ts from 'typescript'

export const PROJECT = resolve(dirname(fileURLToPath(import.meta.url)), '../../..')

export type Field = { name: string; type: string; optional: boolean; doc: string }
export type Member = Field & { parameters: string | null }
export type Exported = {
  name: string
  kind: 'class' | 'function' | 'constant' | 'type'
  signature: string
  doc: string
}

/** The modules of one program, by their paths in the project. */
export type Declarations = {
  exports(path: string): Exported[]
  /** Public methods and properties of a class or type that the module exports, without the constructor. */
  members(path: string, name: string): Member[]
  /** The alternatives of a union type of object types. */
  alternatives(
    path: string,
    name: string,
  ): { name: string; doc: string; literals(field: string): string[]; fields: Field[] }[]
}

export function readDeclarations(paths: readonly string[]): Declarations {
  const { options } = ts.parseJsonConfigFileContent(
    ts.readConfigFile(join(PROJECT, 'tsconfig.json'), ts.sys.readFile).config,
    ts.sys,
    PROJECT,
  )
  const program = ts.createProgram(
    paths.map((path) => join(PROJECT, path)),
    { ...options, noEmit: true, skipLibCheck: true },
  )
  const checker = program.getTypeChecker()

  function symbolsOf(path: string): ts.Symbol[] {
    const source = program.getSourceFile(join(PROJECT, path))
    const module = source && checker.getSymbolAtLocation(source)
    if (!module) throw new Error(`${path} is no module of the project.`)
    return checker.getExportsOfModule(module)
  }
  function symbolOf(path: string, name: string): ts.Symbol {
    const found = symbolsOf(path).find((symbol) => symbol.name === name)
    if (!found) throw new Error(`${path} does not export ${name}.`)
    return original(found)
  }
  const original = (symbol: ts.Symbol) =>
    symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol
  const docOf = (symbol: ts.Symbol) => plain(ts.displayPartsToString(symbol.getDocumentationComment(checker)))
  const isType = (symbol: ts.Symbol) => (symbol.flags & (ts.SymbolFlags.TypeAlias | ts.SymbolFlags.Interface)) !== 0

  function fieldOf(symbol: ts.Symbol): Member {
    const declaration = symbol.valueDeclaration ?? symbol.declarations?.[0]
    const call =
      declaration && (ts.isMethodDeclaration(declaration) || ts.isMethodSignature(declaration)) ? declaration : null
    return {
      name: symbol.name,
      type: typeText(declaration),
      optional: (symbol.flags & ts.SymbolFlags.Optional) !== 0,
      doc: docOf(symbol),
      parameters: call && parametersOf(call.parameters),
    }
  }
  /** As it was written, or as the compiler calls it where nothing was. */
  function typeText(declaration: ts.Node | undefined): string {
    const written = (declaration as { type?: ts.TypeNode } | undefined)?.type
    if (written) return written.getText().replaceAll(/\s+/g, ' ')
    return declaration ? checker.typeToString(checker.getTypeAtLocation(declaration)) : ''
  }
  function typeOf(symbol: ts.Symbol): ts.Type {
    const declares = isType(symbol) || symbol.flags & ts.SymbolFlags.Class
    return declares ? checker.getDeclaredTypeOfSymbol(symbol) : checker.getTypeOfSymbol(symbol)
  }

  return {
    exports: (path) =>
      symbolsOf(path).map((symbol) => {
        const target = original(symbol)
        const [declaration] = target.declarations ?? []
        const call = declaration && ts.isFunctionDeclaration(declaration) ? declaration : null
        return {
          name: symbol.name,
          kind: kindOf(target, isTypeOnly(symbol)),
          signature: call ? `${symbol.name}(${parametersOf(call.parameters)})` : symbol.name,
          doc: docOf(target),
        }
      }),
    members: (path, name) =>
      checker
        .getPropertiesOfType(typeOf(symbolOf(path, name)))
        .filter(isPublic)
        .map(fieldOf),
    alternatives(path, name) {
      const type = checker.getDeclaredTypeOfSymbol(symbolOf(path, name))
      return (type.isUnion() ? type.types : [type]).map((each) => ({
        name: each.aliasSymbol?.name ?? name,
        doc: each.aliasSymbol ? docOf(each.aliasSymbol) : '',
        literals(field) {
          const property = checker.getPropertyOfType(each, field)
          const of = property && checker.getTypeOfSymbol(property)
          const options = of?.isUnion() ? of.types : of ? [of] : []
          return options.flatMap((option) => (option.isStringLiteral() ? [option.value] : []))
        },
        fields: checker.getPropertiesOfType(each).map(fieldOf),
      }))
    },
  }
}

function kindOf({ flags }: ts.Symbol, typeOnly: boolean): Exported['kind'] {
  if (flags & ts.SymbolFlags.Class) return 'class'
  if (flags & ts.SymbolFlags.Function) return 'function'
  const declaresType = ts.SymbolFlags.TypeAlias | ts.SymbolFlags.Interface
  return flags & ts.SymbolFlags.Variable && !(flags & declaresType) && !typeOnly ? 'constant' : 'type'
}

/** `export type { … }` of something that is a value, too. */
function isTypeOnly(symbol: ts.Symbol): boolean {
  return (
    symbol.declarations?.some((each) => ts.isExportSpecifier(each) && ts.isTypeOnlyExportDeclaration(each)) ?? false
  )
}

function parametersOf(parameters: readonly ts.ParameterDeclaration[]): string {
  return parameters
    .map(({ name, initializer, questionToken }) => {
      const word = ts.isIdentifier(name) ? name.text : 'options'
      return `${word}${initializer || questionToken ? '?' : ''}`
    })
    .join(', ')
}

function isPublic(symbol: ts.Symbol): boolean {
  if (symbol.name.startsWith('#') || symbol.name.startsWith('__')) return false
  const flags = symbol.valueDeclaration ? ts.getCombinedModifierFlags(symbol.valueDeclaration) : 0
  return (flags & (ts.ModifierFlags.Private | ts.ModifierFlags.Protected)) === 0
}

/** The first paragraph, links to other declarations as their names. */
function plain(doc: string): string {
  const [first = ''] = doc.split(/\n\s*\n/)
  return first
    .replaceAll(/\{@link ([^}]*)\}/g, '`$1`')
    .replaceAll(/\s+/g, ' ')
    .trim()
}
