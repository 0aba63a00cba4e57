import { l10n } from '../../core/l10n.js';

/** What the Hub's answer to a request means to a person; `undefined` where the error is another one, or says it itself. */
export function hubSentence(details: Readonly<Record<string, unknown>> | undefined): string | undefined {
  const { url, status } = details ?? {};
  if (typeof url !== 'string' || typeof status !== 'number') return undefined;
  const asked = /^https?:\/\/[^/]+\/(?:api\/models\/(.+?)(?:\/(?:revision|tree)\/|\?|$)|(.+?)\/resolve\/)/.exec(url);
  const repository = asked?.[1] ?? asked?.[2];
  if (repository === undefined) return undefined;
  if (status === 401 || status === 403) {
    return l10n.t(
      "Access to '{0}' is restricted: accept its terms on its page of the Hub, then set HF_TOKEN to your access token.",
      repository,
    );
  }
  if (status === 404 && asked?.[1] !== undefined) {
    return l10n.t(
      "The Hub knows no repository '{0}', or it is a private one: check the name, or set HF_TOKEN.",
      repository,
    );
  }
  return undefined;
}
