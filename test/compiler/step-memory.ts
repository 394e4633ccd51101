import type { StepRecord } from '#lib/engine/step';
import type { StepJournal } from '#lib/work/step-journal';

/** The step journal's promises in memory. */
export function memoryStepJournal(earlier: StepRecord[] = []): StepJournal {
  const current: StepRecord[] = [];
  const made = new Set<string>();
  return {
    read: async () => structuredClone({ earlier, current }),
    append: async (records) => {
      const news = records.filter(({ path, attempt }) => !made.has(`${path}#${attempt}`));
      for (const { path, attempt } of news) made.add(`${path}#${attempt}`);
      current.push(...structuredClone(news));
      return news;
    },
  };
}
