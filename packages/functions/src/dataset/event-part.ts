/** A query for the events of the entities whose places lie in a range: place, time, arrival, rank, line, m0, m1 and so on. */
export type SelectOf = (fromPlace: number, toPlace: number) => string;

/** Some of a detector's events: those in a compacted file, or those in the objects that are in none. */
export type EventPart = {
  /** Entities that have any, and how many. */
  entities: ReadonlyMap<string, number>;
  /** To be told the place of each entity among all. */
  place(placeOf: (entity: string) => number | undefined): Promise<SelectOf>;
};
