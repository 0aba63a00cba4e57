/** The words of a blank-separated list. */
export function words(text: string): Set<string> {
  return new Set(text.split(' ').filter((word) => word !== ''));
}

/** `{ BertTokenizer: 'bert git' }` as a map from model type to class. */
export function typeTable(groups: Readonly<Record<string, string>>): Map<string, string> {
  return new Map(
    Object.entries(groups).flatMap(([name, types]) => [...words(types)].map((type) => [type, name] as const)),
  );
}
