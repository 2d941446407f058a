/**
 * Stands for typebox in the declarations of this package, so that it needs none: the few schema types that the contract
 * is written in, each with the JSON that it allows.
 */
interface Schema<Allowed> {
  static: Allowed
}
export type Static<S> = S extends Schema<infer Allowed> ? Allowed : never

type OptionalKeys<P> = { [K in keyof P]: P[K] extends { optional: true } ? K : never }[keyof P]
type Flat<T> = { [K in keyof T]: T[K] }

export declare namespace Type {
  type TString = Schema<string>
  type TNumber = Schema<number>
  type TInteger = Schema<number>
  type TBoolean = Schema<boolean>
  type TNull = Schema<null>
  type TRef<_Name> = Schema<unknown>
  type TUnsafe<T> = Schema<T>
  type TArray<S> = Schema<Static<S>[]>
  type TRecord<_Pattern, S> = Schema<Record<string, Static<S>>>
  type TUnion<S extends readonly unknown[]> = Schema<Static<S[number]>>
  type TOptional<S> = Schema<Static<S>> & { optional: true }
  type TObject<P> = Schema<
    Flat<
      { [K in keyof P as Exclude<K, OptionalKeys<P>>]: Static<P[K]> } & {
        [K in keyof P as K & OptionalKeys<P>]?: Static<P[K]>
      }
    >
  >
}
