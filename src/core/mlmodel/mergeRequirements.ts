import { MlflowError } from '../errors.js';
import type { MlflowGeneration } from './compatibility.js';
import { canonicalVersion, parsePythonVersion } from './pep440.js';
import { formatMarker } from './pipMarker.js';
import { parsePipRequirement, pipRequirementText, type PipRequirement } from './pipRequirement.js';
import { areContradictory, sameSpecifiers, specifierSet, specifierSetText, type PipSpecifier } from './pipSpecifier.js';

/**
 * Merges requirements of the same package (MLflow 3: and the same marker): clauses joined, extras united. What is no
 * PEP 508 requirement is kept once, as it is. Source: mlflow/utils/environment.py (_deduplicate_requirements).
 * Where Python asks pip whether merged clauses can be met, only contradictions that show without an index are found here.
 * @throws MlflowError INVALID_PARAMETER_VALUE when clauses contradict each other
 */
export function mergeRequirements(lines: readonly string[], generation: MlflowGeneration): string[] {
  const merged = new Map<string, PipRequirement | string>();
  for (const line of lines) {
    const requirement = parsePipRequirement(line);
    if (requirement === undefined) {
      if (!merged.has(`line ${line}`)) merged.set(`line ${line}`, line);
      continue;
    }
    const marker =
      requirement.marker === null || generation === '2' ? '' : formatMarker(requirement.marker, generation);
    const key = `package ${requirement.name}\0${marker}`;
    const existing = merged.get(key);
    merged.set(
      key,
      existing === undefined || typeof existing === 'string'
        ? requirement
        : mergePair(existing, requirement, line, generation),
    );
  }
  return [...merged.values()].map((entry) =>
    typeof entry === 'string' ? entry : pipRequirementText(entry, generation),
  );
}

function mergePair(
  existing: PipRequirement,
  added: PipRequirement,
  line: string,
  generation: MlflowGeneration,
): PipRequirement {
  return {
    ...added,
    ...mergeSpecifiers(existing, added, line, generation),
    extras: [...existing.extras, ...added.extras],
  };
}

function mergeSpecifiers(
  existing: PipRequirement,
  added: PipRequirement,
  line: string,
  generation: MlflowGeneration,
): Pick<PipRequirement, 'specifiers' | 'joinedSpecifiers'> {
  const kept = { specifiers: existing.specifiers, joinedSpecifiers: existing.joinedSpecifiers };
  if (added.specifiers.length === 0) return kept;
  if (existing.specifiers.length === 0 || sameSpecifiers(existing.specifiers, added.specifiers)) {
    return { specifiers: added.specifiers };
  }
  if (generation === '3' && differOnlyInLocalLabel(existing.specifiers, added.specifiers)) {
    return hasLocalLabel(added.specifiers[0]) ? kept : { specifiers: added.specifiers };
  }
  const specifiers = [...existing.specifiers, ...added.specifiers];
  if (areContradictory(specifiers)) throw contradiction(pipRequirementText(existing, generation), line);
  if (generation === '3') return { specifiers };
  const existingText = existing.joinedSpecifiers ?? specifierSetText(existing.specifiers);
  return { specifiers, joinedSpecifiers: `${existingText},${specifierSetText(added.specifiers)}` };
}

/** `==1.0` against `==1.0+cu128`: both come from one installation, and only the first can be had from PyPI. */
function differOnlyInLocalLabel(left: readonly PipSpecifier[], right: readonly PipSpecifier[]): boolean {
  const [a, ...moreLeft] = specifierSet(left);
  const [b, ...moreRight] = specifierSet(right);
  if (moreLeft.length > 0 || moreRight.length > 0 || a?.operator !== '==' || b?.operator !== '==') return false;
  return withoutLocalLabel(a) === withoutLocalLabel(b) && hasLocalLabel(a) !== hasLocalLabel(b);
}

function withoutLocalLabel({ version }: PipSpecifier): string {
  return canonicalVersion(version.replace(/\+.*$/, ''), false);
}

function hasLocalLabel(specifier: PipSpecifier | undefined): boolean {
  return (specifier === undefined ? null : (parsePythonVersion(specifier.version)?.local ?? null)) !== null;
}

function contradiction(existing: string, added: string): MlflowError {
  return MlflowError.invalidParameter(
    `The specified requirements versions are incompatible. Detected conflicts: \n${existing} and ${added} cannot both be met.`,
  );
}
