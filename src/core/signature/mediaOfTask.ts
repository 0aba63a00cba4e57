/** What a task looks at or listens to; `null` where it reads text. */
export function mediaOfTask(task: string): 'image' | 'audio' | null {
  if (/image|object-detection|depth|visual/.test(task)) return 'image';
  return /audio|speech/.test(task) ? 'audio' : null;
}
