/** Finds what a program asks of fluent-ffmpeg, without running it. */
import { parse } from '@babel/parser'
import { type Judgement, judge, type Literal } from './methods.js'

export type Call = Judgement & { line: number; method: string }

type Node = { type: string; start: number; loc?: { start: { line: number } } | null; [key: string]: unknown }

/** Names that other libraries have as well count only on what is known to be a command. */
const COMMON = new Set(
  'on once save run exec kill clone input output stream pipe loop native size format map seek frames duration preset concat fps aspect'.split(
    ' ',
  ),
)

/** The calls of one file, in its order; none where it does not use fluent-ffmpeg. @throws SyntaxError for what can't be read. */
export function scanSource(text: string): Call[] {
  if (!text.includes('fluent-ffmpeg')) return []
  const tree = parse(text, {
    sourceType: 'unambiguous',
    errorRecovery: true,
    plugins: ['typescript', 'jsx', 'decorators'],
  })
  const nodes = all(tree.program as unknown as Node)
  const makers = new Set(nodes.flatMap(makerNames))
  const commands = new Set<string>()
  const isCommand = (node: Node): boolean => {
    if (node.type === 'Identifier') return commands.has(node.name as string)
    if (node.type !== 'CallExpression' && node.type !== 'NewExpression') return false
    const callee = node.callee as Node
    if (callee.type === 'Identifier') return makers.has(callee.name as string)
    return callee.type === 'MemberExpression' && isCommand(callee.object as Node)
  }
  for (const node of nodes) {
    const [name, value] = (node.type === 'VariableDeclarator' ? [node.id, node.init] : [node.left, node.right]) as [
      Node?,
      Node?,
    ]
    if (name?.type === 'Identifier' && value && isCommand(value)) commands.add(name.name as string)
  }
  // The last call of a chain is the outermost node: they come in the order in which they are written.
  const placed = nodes.map((node) => ({ node, at: placeOf(node).start })).sort((a, b) => a.at - b.at)
  return placed.flatMap(({ node }) => callOf(node, isCommand, makers))
}

/** Where a call is written: at its method. */
function placeOf(node: Node): Node {
  const callee = node.callee as Node | undefined
  return callee?.type === 'MemberExpression' ? (callee.property as Node) : node
}

function callOf(node: Node, isCommand: (node: Node) => boolean, makers: ReadonlySet<string>): Call[] {
  if (node.type !== 'CallExpression' && node.type !== 'NewExpression') return []
  const callee = node.callee as Node
  const given = node.arguments as Node[]
  const line = placeOf(node).loc?.start.line ?? 0
  if (callee.type === 'Identifier' && makers.has(callee.name as string)) {
    return given.length === 0 ? [] : [{ line, method: 'input', ...judgeInput(given[0]!) }]
  }
  if (callee.type !== 'MemberExpression' || callee.computed) return []
  const method = (callee.property as Node).name as string
  const object = callee.object as Node
  if (!isCommand(object) && (COMMON.has(method) || makers.has(object.name as string))) return []
  if (/^(input|addInput|mergeAdd)$/.test(method) && given[0]) return [{ line, method, ...judgeInput(given[0]) }]
  const judgement = judge(method, given.map(literal))
  return judgement === null ? [] : [{ line, method, ...judgement }]
}

function judgeInput(node: Node): Judgement {
  const callee = node.callee as Node | undefined
  const name = ((callee?.property as Node | undefined)?.name ?? callee?.name) as string | undefined
  if (name !== undefined && /createReadStream|PassThrough|Readable|Stream$/.test(name)) {
    return {
      verdict: 'cannot',
      why: 'an input stream is not carried: write it to a file in the media root, and give that',
    }
  }
  return judge('input', [literal(node)])!
}

/** Names that stand for the module: of an import, or of `require`. */
function makerNames(node: Node): string[] {
  if (node.type === 'ImportDeclaration' && (node.source as Node).value === 'fluent-ffmpeg') {
    return (node.specifiers as Node[]).map(({ local }) => (local as Node).name as string)
  }
  const required = node.type === 'VariableDeclarator' ? (node.init as Node | null) : null
  const isRequire = required?.type === 'CallExpression' && (required.callee as Node).name === 'require'
  if (!isRequire || ((required.arguments as Node[])[0] as Node | undefined)?.value !== 'fluent-ffmpeg') return []
  const id = node.id as Node
  return id.type === 'Identifier' ? [id.name as string] : []
}

function literal(node: Node): Literal {
  switch (node.type) {
    case 'StringLiteral':
    case 'NumericLiteral':
    case 'BooleanLiteral':
      return node.value as Literal
    case 'NullLiteral':
      return null
    case 'TemplateLiteral':
      return (node.expressions as Node[]).length > 0
        ? undefined
        : ((node.quasis as Node[])[0]!.value as { cooked: string }).cooked
    case 'ArrayExpression':
      return (node.elements as (Node | null)[]).map((each) => (each === null ? null : literal(each)))
    case 'ObjectExpression':
      return Object.fromEntries(
        (node.properties as Node[]).flatMap(({ key, value }) => {
          const name = ((key as Node | undefined)?.name ?? (key as Node | undefined)?.value) as string | undefined
          return name === undefined || value === undefined ? [] : [[name, literal(value as Node)]]
        }),
      )
    default:
      return undefined
  }
}

function all(root: Node): Node[] {
  const found: Node[] = []
  const left: unknown[] = [root]
  while (left.length > 0) {
    const next = left.pop()
    if (typeof next !== 'object' || next === null) continue
    if (typeof (next as Node).type === 'string') found.push(next as Node)
    left.push(...Object.values(next).reverse())
  }
  return found
}
