export interface Interval {
  low: number;
  high: number;
  /** Such as 0.95. */
  level: number;
}
