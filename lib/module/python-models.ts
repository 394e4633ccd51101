import { StepFailure } from '#lib/base/failure';
import type { LanguageModelSettings } from '#lib/lm/spec';

/** The models of one call, by the names Python knows them by. */
export interface PythonModels {
  /** The name to give to Python: `provider/model`, numbered when two settings share it. */
  name(settings: LanguageModelSettings): string;
  /** The settings behind a name that came back. Throws `Model.Unavailable`. */
  named(name: string): LanguageModelSettings;
  /** All that may be asked, by every name it answers to. */
  all(): Record<string, LanguageModelSettings>;
}

/**
 * `declared` are the models of the program by the names it gives them. A program's own `dspy.LM("openai/gpt-4o")` is
 * served when it says one of those names, or the provider and model of one. No other is: what Python may spend is
 * decided here.
 */
export function pythonModels(declared: Readonly<Record<string, LanguageModelSettings>> = {}): PythonModels {
  const known = new Map<string, LanguageModelSettings>();
  return {
    all: () => ({
      ...Object.fromEntries(Object.values(declared).map((settings) => [plainName(settings), settings])),
      ...declared,
      ...Object.fromEntries(known),
    }),
    name(settings) {
      const plain = plainName(settings);
      for (let i = 1; ; i++) {
        const name = i === 1 ? plain : `${plain}#${i}`;
        const taken = known.get(name);
        if (taken === undefined) known.set(name, settings);
        if (taken === undefined || taken === settings) return name;
      }
    },
    named(name) {
      const own = Object.hasOwn(declared, name) ? declared[name] : undefined;
      const settings = known.get(name) ?? own ?? Object.values(declared).find((one) => plainName(one) === name);
      if (settings !== undefined) return settings;
      const names = [...known.keys(), ...Object.keys(declared)].join(', ');
      throw new StepFailure(
        'Model.Unavailable',
        `the Python code asks "${name}", which this program does not declare; it may ask ${names}`,
      );
    },
  };
}

function plainName({ provider, model }: LanguageModelSettings): string {
  return `${provider}/${model}`;
}
