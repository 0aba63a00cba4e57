/** A version number by PEP 440, taken apart. */
export interface PythonVersion {
  readonly epoch: number;
  readonly release: readonly number[];
  readonly pre: readonly [string, number] | null;
  readonly post: number | null;
  readonly dev: number | null;
  readonly local: string | null;
}

const versionPattern =
  /^\s*v?(?:(\d+)!)?(\d+(?:\.\d+)*)(?:[-_.]?(alpha|beta|preview|pre|a|b|c|rc)[-_.]?(\d*))?(?:-(\d+)|[-_.]?(post|rev|r)[-_.]?(\d*))?(?:[-_.]?(dev)[-_.]?(\d*))?(?:\+([a-z0-9]+(?:[-_.][a-z0-9]+)*))?\s*$/i;

const preNames: Readonly<Record<string, string>> = { alpha: 'a', beta: 'b', c: 'rc', pre: 'rc', preview: 'rc' };

/** @returns undefined for a text that is no version by PEP 440 */
export function parsePythonVersion(text: string): PythonVersion | undefined {
  const match = versionPattern.exec(text);
  if (match === null) return undefined;
  const [, epoch, release = '', preName, preNumber, postDash, postName, postNumber, devName, devNumber, local] = match;
  const pre = preName?.toLowerCase();
  return {
    epoch: Number(epoch ?? 0),
    release: release.split('.').map(Number),
    pre: pre === undefined ? null : [preNames[pre] ?? pre, Number(preNumber ?? 0)],
    post: postDash !== undefined ? Number(postDash) : postName === undefined ? null : Number(postNumber ?? 0),
    dev: devName === undefined ? null : Number(devNumber ?? 0),
    local: local?.toLowerCase().replaceAll(/[-_]/g, '.') ?? null,
  };
}

/** The version's normal form, without trailing zeros where asked. Source: packaging.utils.canonicalize_version. */
export function canonicalVersion(text: string, stripTrailingZeros: boolean): string {
  const version = parsePythonVersion(text);
  if (version === undefined) return text;
  const release = version.release.join('.');
  return [
    version.epoch === 0 ? '' : `${version.epoch}!`,
    stripTrailingZeros ? release.replace(/(?:\.0)+$/, '') : release,
    version.pre === null ? '' : version.pre.join(''),
    version.post === null ? '' : `.post${version.post}`,
    version.dev === null ? '' : `.dev${version.dev}`,
    version.local === null ? '' : `+${version.local}`,
  ].join('');
}

/** PEP 440's order, local labels aside: negative when `left` is older. */
export function comparePythonVersions(left: PythonVersion, right: PythonVersion): number {
  const a = sortKey(left);
  const b = sortKey(right);
  for (let index = 0; index < Math.max(a.length, b.length); index++) {
    const difference = (a[index] ?? 0) - (b[index] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}

const releaseParts = 8;
const preRanks: Readonly<Record<string, number>> = { a: 1, b: 2, rc: 3 };

/** A development release comes before the pre-releases, those before the release, post-releases behind it. */
function sortKey(version: PythonVersion): number[] {
  const release = Array.from({ length: releaseParts }, (_, index) => version.release[index] ?? 0);
  const isOnlyDev = version.pre === null && version.post === null && version.dev !== null;
  const preRank = version.pre === null ? (isOnlyDev ? 0 : 4) : (preRanks[version.pre[0]] ?? 0);
  return [
    version.epoch,
    ...release,
    preRank,
    version.pre?.[1] ?? 0,
    version.post === null ? -1 : version.post,
    version.dev === null ? Number.MAX_SAFE_INTEGER : version.dev,
  ];
}
