/** One step of getting the embedded model; the caller draws the bar. `totalBytes` is null while it is unknown. */
export interface Progress {
  step: 'runtime' | 'model';
  doneBytes: number;
  totalBytes: number | null;
}
export type OnProgress = (progress: Progress) => void;
