/**
 * TypeScript types read off a signature string by the compiler:
 * `InputsOf<'question, context: list[str] -> answer'>` is `{ question: string; context: string[] }`.
 * A string the compiler does not know, or a type it cannot read, gives `Record<string, unknown>` or `unknown`.
 *
 * The text is split on commas and rejoined while brackets or quotes are open, never read character by character:
 * that is what keeps hundreds of signatures cheap to check.
 */
export type InputsOf<S extends string> = string extends S
  ? { [name: string]: unknown }
  : S extends `${infer Inputs}->${string}`
    ? FieldsOf<Inputs>
    : never;

export type OutputsOf<S extends string> = string extends S
  ? { [name: string]: unknown }
  : S extends `${string}->${infer Outputs}`
    ? FieldsOf<Outputs>
    : never;

type FieldsOf<S extends string> = Flatten<Fields<SplitTop<S, ','>>>;
type Flatten<T> = { [K in keyof T]: T[K] };

type Fields<Parts extends string[]> = Parts extends [infer Head extends string, ...infer Rest extends string[]]
  ? FieldOf<Trim<Head>> & Fields<Rest>
  : unknown;

type FieldOf<S extends string> = S extends ''
  ? unknown
  : S extends `${infer Name}:${infer Type}`
    ? { [K in Trim<Name>]: TypeOf<Trim<BeforeDefault<Type>>> }
    : { [K in Trim<BeforeDefault<S>>]: string };

type BeforeDefault<S extends string> = SplitTop<S, '='> extends [infer Type extends string, ...string[]] ? Type : S;

interface Scalars {
  str: string;
  Text: string;
  int: number;
  float: number;
  bool: boolean;
  None: null;
  NoneType: null;
  Any: unknown;
  list: unknown[];
  tuple: unknown[];
  set: unknown[];
  dict: { [key: string]: unknown };
  'dspy.Reasoning': string;
  Reasoning: string;
  'dspy.Code': string;
  Code: string;
}
type ListName = 'list' | 'List' | 'set' | 'Set' | 'frozenset' | 'FrozenSet' | 'Sequence' | 'Iterable' | 'Deque';
type DictName = 'dict' | 'Dict' | 'Mapping' | 'OrderedDict' | 'DefaultDict';

/** The TypeScript type of one Python annotation. */
export type TypeOf<S extends string> =
  SplitTop<S, '|'> extends [infer Only extends string] ? OneType<Trim<Only>> : UnionOf<SplitTop<S, '|'>>;

type OneType<S extends string> = S extends keyof Scalars
  ? Scalars[S]
  : S extends `typing.${infer Rest}`
    ? OneType<Rest>
    : S extends `(${infer Inner})`
      ? TypeOf<Trim<Inner>>
      : S extends `${infer Name}[${infer Arguments}]`
        ? Subscript<Trim<Name>, SplitTop<Arguments, ','>>
        : unknown;

type Subscript<Name extends string, Args extends string[]> = Name extends ListName
  ? TypeOf<Trim<Args[0]>>[]
  : Name extends DictName
    ? { [key: string]: Args extends [string, infer Value extends string] ? TypeOf<Trim<Value>> : unknown }
    : Name extends 'Optional'
      ? TypeOf<Trim<Args[0]>> | null
      : Name extends 'Union'
        ? UnionOf<Args>
        : Name extends 'Literal'
          ? LiteralOf<Args>
          : Name extends 'tuple' | 'Tuple'
            ? TupleOf<Args>
            : Name extends 'Code' | 'dspy.Code'
              ? string
              : unknown;

type UnionOf<Parts extends string[]> = Parts extends [infer Head extends string, ...infer Rest extends string[]]
  ? TypeOf<Trim<Head>> | UnionOf<Rest>
  : never;

type TupleOf<Parts extends string[]> = Parts extends [infer Only extends string, infer Dots extends string]
  ? Trim<Dots> extends '...'
    ? TypeOf<Trim<Only>>[]
    : [TypeOf<Trim<Only>>, TypeOf<Trim<Dots>>]
  : { [I in keyof Parts]: Parts[I] extends string ? TypeOf<Trim<Parts[I]>> : never };

type LiteralOf<Parts extends string[]> = Parts extends [infer Head extends string, ...infer Rest extends string[]]
  ? ConstantOf<Trim<Head>> | LiteralOf<Rest>
  : never;

type ConstantOf<S extends string> = S extends `"${infer Text}"` | `'${infer Text}'`
  ? Text
  : S extends 'True'
    ? true
    : S extends 'False'
      ? false
      : S extends 'None'
        ? null
        : S extends `${infer Int extends number}`
          ? Int
          : never;

/** Splits at the separators that stand outside brackets and quotes. */
type SplitTop<S extends string, Separator extends string> = Rejoin<Split<S, Separator>, Separator>;

type Split<
  S extends string,
  Separator extends string,
  Done extends string[] = [],
> = S extends `${infer Head}${Separator}${infer Tail}` ? Split<Tail, Separator, [...Done, Head]> : [...Done, S];

type Rejoin<
  Parts extends string[],
  Separator extends string,
  Open extends string = '',
  Done extends string[] = [],
> = Parts extends [infer Head extends string, ...infer Rest extends string[]]
  ? Balanced<`${Open}${Head}`> extends true
    ? Rejoin<Rest, Separator, '', [...Done, `${Open}${Head}`]>
    : Rejoin<Rest, Separator, `${Open}${Head}${Separator}`, Done>
  : Open extends ''
    ? Done
    : [...Done, Open];

/** Are brackets and quotes closed? Quoted text is taken out first, so that brackets inside it do not count. */
type Balanced<S extends string> = [WithoutQuotes<S>] extends [never]
  ? false
  : SameLength<Split<WithoutQuotes<S>, '['>, Split<WithoutQuotes<S>, ']'>> extends true
    ? SameLength<Split<WithoutQuotes<S>, '('>, Split<WithoutQuotes<S>, ')'>>
    : false;

type SameLength<A extends string[], B extends string[]> = A['length'] extends B['length'] ? true : false;

/** The text without its quoted parts; `never` while a quote is open. The quote that opens first decides. */
type WithoutQuotes<S extends string, Done extends string = ''> = S extends `${infer Head}"${infer Tail}`
  ? Head extends `${infer Before}'${string}`
    ? S extends `${Before}'${infer After}`
      ? Skip<After, "'", `${Done}${Before}`>
      : never
    : Skip<Tail, '"', `${Done}${Head}`>
  : S extends `${infer Before}'${infer After}`
    ? Skip<After, "'", `${Done}${Before}`>
    : `${Done}${S}`;

type Skip<S extends string, Quote extends string, Done extends string> = S extends `${string}${Quote}${infer Rest}`
  ? WithoutQuotes<Rest, Done>
  : never;

type Blank = ' ' | '\n' | '\t' | '\r';
type Trim<S extends string> = S extends `${Blank}${infer Rest}`
  ? Trim<Rest>
  : S extends `${infer Rest}${Blank}`
    ? Trim<Rest>
    : S;
