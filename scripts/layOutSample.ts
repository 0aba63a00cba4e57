// node --import tsx scripts/layOutSample.ts TARGET
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { laySampleWorkspaceOut } from '../src/core/samples/sampleWorkspace.js';

const source = fileURLToPath(new URL('../samples/workspace', import.meta.url));
const target = process.argv[2];
if (target === undefined) throw new Error('Name the folder to lay the sample workspace out in.');
await laySampleWorkspaceOut(source, path.resolve(target));
