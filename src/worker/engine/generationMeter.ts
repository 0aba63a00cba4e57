import type { PipelineEvent } from '../../core/pyfunc/pipeline.js';

/** Counts and times what a pipeline tells while it generates. */
export class GenerationMeter {
  private readonly startedAt = performance.now();
  private firstTokenAt: number | undefined;
  private lastTokenAt: number | undefined;
  private promptTokens: number | null = null;
  private completionTokens = 0;

  hear(event: PipelineEvent): void {
    if (event.type === 'prompt') {
      this.promptTokens = (this.promptTokens ?? 0) + event.promptTokens;
      return;
    }
    this.lastTokenAt = performance.now();
    this.firstTokenAt ??= this.lastTokenAt;
    this.completionTokens++;
  }

  stats() {
    const { firstTokenAt, lastTokenAt, completionTokens } = this;
    const hasTokens = firstTokenAt !== undefined && lastTokenAt !== undefined;
    const decodeMs = hasTokens ? lastTokenAt - firstTokenAt : 0;
    return {
      totalMs: performance.now() - this.startedAt,
      promptTokens: this.promptTokens,
      completionTokens: hasTokens ? completionTokens : null,
      timeToFirstTokenMs: hasTokens ? firstTokenAt - this.startedAt : null,
      tokensPerSecond: decodeMs > 0 ? ((completionTokens - 1) * 1000) / decodeMs : null,
    };
  }
}
