import type { CorpusPin } from '#lib/module/corpus';
import type { ModuleSpec } from '#lib/module/spec';

/** A frozen module as the definition it could have been published from: tools and corpus in place, versions named. */
export function moduleDefinition(spec: ModuleSpec): object {
  const { tools, corpus, ...rest } = spec;
  return {
    ...rest,
    ...(tools === undefined
      ? {}
      : {
          tools: tools.map(({ name, description, parameters, ...target }) => ({
            ...{ name, description },
            ...(target.kind === 'builtin' ? {} : { parameters }),
            target: target.kind === 'corpus' ? { ...target, corpus: searchOf(target.corpus) } : target,
          })),
        }),
    ...(corpus === undefined ? {} : { corpus: searchOf(corpus) }),
  };
}

function searchOf({ corpusId, version, search, embedder }: CorpusPin): object {
  return { name: corpusId, version, search, ...(embedder === undefined ? {} : { embedder }) };
}
