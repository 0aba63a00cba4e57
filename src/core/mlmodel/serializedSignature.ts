/** The signature as MLmodel holds it: each part a JSON text, or null. */
export interface SerializedSignature {
  inputs: string | null;
  outputs: string | null;
  params: string | null;
}
