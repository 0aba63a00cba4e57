/** What may never stand in a log: passwords in URLs, tokens in headers and settings, Hugging Face and cloud keys. */
const secrets: readonly [RegExp, string][] = [
  [/\b([a-z][a-z0-9+.-]*:\/\/)[^\s/@:]*:[^\s/@]+@/gi, '$1***@'],
  [/\b(authorization\s*[:=]\s*["']?(?:bearer|basic|token)\s+)[^\s"',]+/gi, '$1***'],
  [/\b(bearer\s+)[a-z0-9._~+/-]{8,}=*/gi, '$1***'],
  [/\bhf_[A-Za-z0-9]{8,}/g, 'hf_***'],
  [/\b(AKIA|ASIA)[A-Z0-9]{16}\b/g, '$1***'],
  [/\b([A-Z0-9_]*(?:TOKEN|PASSWORD|SECRET|API_KEY|ACCESS_KEY)[A-Z0-9_]*\s*[:=]\s*["']?)[^\s"',;]+/gi, '$1***'],
  [/([?&](?:token|sig|signature|x-amz-signature|x-amz-credential|access_token)=)[^&\s"']+/gi, '$1***'],
];

/** The text with everything that looks like a secret replaced by `***`. */
export function redact(text: string): string {
  return secrets.reduce((clean, [pattern, replacement]) => clean.replace(pattern, replacement), text);
}
