/**
 * Stands for typebox in the declarations of this package, so that it needs none: the few schema types that the contract
 * is written in, and what JSON each of them allows.
 */
export declare namespace Type {
  interface TString {
    type: 'string'
  }
  interface TNumber {
    type: 'number'
  }
  interface TInteger {
    type: 'integer'
  }
  interface TBoolean {
    type: 'boolean'
  }
  interface TNull {
    type: 'null'
  }
  interface TRef<Name> {
    ref: Name
  }
  interface TUnsafe<T> {
    unsafe: T
  }
  interface TArray<S> {
    items: S
  }
  interface TRecord<_Pattern, S> {
    values: S
  }
  interface TUnion<S extends readonly unknown[]> {
    anyOf: S
  }
  interface TObject<P> {
    properties: P
  }
  interface TOptional<S> {
    optional: S
  }
}

type OptionalKeys<P> = { [K in keyof P]: P[K] extends Type.TOptional<unknown> ? K : never }[keyof P]
type Flat<T> = { [K in keyof T]: T[K] }

export type Static<S> =
  S extends Type.TOptional<infer T>
    ? Static<T>
    : S extends Type.TString
      ? string
      : S extends Type.TNumber | Type.TInteger
        ? number
        : S extends Type.TBoolean
          ? boolean
          : S extends Type.TNull
            ? null
            : S extends Type.TUnsafe<infer T>
              ? T
              : S extends Type.TRef<string>
                ? unknown
                : S extends Type.TArray<infer T>
                  ? Static<T>[]
                  : S extends Type.TRecord<unknown, infer T>
                    ? Record<string, Static<T>>
                    : S extends Type.TUnion<infer T>
                      ? Static<T[number]>
                      : S extends Type.TObject<infer P>
                        ? Flat<
                            { [K in keyof P as Exclude<K, OptionalKeys<P>>]: Static<P[K]> } & {
                              [K in keyof P as K & OptionalKeys<P>]?: Static<P[K]>
                            }
                          >
                        : never
