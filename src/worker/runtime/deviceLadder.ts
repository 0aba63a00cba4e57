import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { MlflowError } from '../../core/errors.js';
import { GraphBuilder } from '../../core/graph/graphBuilder.js';
import { encodeOnnxModel } from '../../core/graph/onnxModel.js';
import type { Device, DeviceChoice, RefusedDevice } from '../../protocol/inference.js';

export interface ChosenDevice {
  device: Device;
  refused: RefusedDevice[];
}

const probeTimeoutMs = 20_000;
const probes = new Map<Device, Promise<string | null>>();

/** Devices from the best to the one that is always there, by platform. */
const ladders: Partial<Record<NodeJS.Platform, readonly Device[]>> = {
  darwin: ['coreml', 'webgpu', 'cpu'],
  linux: ['cuda', 'webgpu', 'cpu'],
  win32: ['dml', 'webgpu', 'cpu'],
};

/**
 * The best device of this machine, or the one asked for; every rung that was not taken with its reason.
 * A provider is tried in a child process first: a faulty driver ends that one, not this.
 * @throws MlflowError (reason `deviceUnavailable`) when the device asked for does not work here.
 */
export async function chooseDevice(choice: DeviceChoice): Promise<ChosenDevice> {
  const refused: RefusedDevice[] = [];
  if (choice === 'cpu') return { device: 'cpu', refused };
  if (choice !== 'auto') {
    const reason = await refusal(choice, true);
    if (reason === null) return { device: choice, refused };
    throw new MlflowError(
      `The device ${choice} cannot be used here: ${reason}. Choose another device, or \`auto\`.`,
      'INVALID_PARAMETER_VALUE',
      { reason: 'deviceUnavailable', details: { device: choice } },
    );
  }
  for (const device of ladders[process.platform] ?? ['cpu']) {
    const reason = device === 'cpu' ? null : await refusal(device, false);
    if (reason === null) return { device, refused };
    refused.push({ device, reason });
  }
  return { device: 'cpu', refused };
}

/** Why a device is not used, or `null` when it works. */
async function refusal(device: Device, isAskedFor: boolean): Promise<string | null> {
  const ladder = ladders[process.platform] ?? [];
  if (!ladder.includes(device)) return `onnxruntime has no ${device} provider on ${process.platform}`;
  if (device === 'cuda' && !hasCudaProvider()) {
    return 'the CUDA provider library of onnxruntime is not installed';
  }
  if (device === 'webgpu' && !isAskedFor && !hasGraphicsDevice()) return 'no graphics device was found';
  let probe = probes.get(device);
  if (!probe) probes.set(device, (probe = runProbe(device)));
  return probe;
}

function hasCudaProvider(): boolean {
  return existsSync(path.join(bindingFolder(), 'libonnxruntime_providers_cuda.so'));
}

function bindingFolder(): string {
  const entry = runtimeEntry();
  return path.join(path.dirname(entry), '..', 'bin', 'napi-v6', process.platform, process.arch);
}

function runtimeEntry(): string {
  return createRequire(import.meta.url).resolve('onnxruntime-node');
}

/** Linux shows graphics devices as files; a Vulkan driver that is named explicitly counts as well. */
function hasGraphicsDevice(): boolean {
  if (process.platform !== 'linux') return true;
  return ['/dev/dri', '/dev/nvidia0', '/dev/dxg'].some((file) => existsSync(file)) || !!process.env['VK_ICD_FILENAMES'];
}

/** `y = x + x` as an ONNX model: enough to make a provider start its device. */
function probeModel(): string {
  const b = new GraphBuilder();
  const x = b.input('x', 'float', [2]);
  b.output('y', b.add(x, x), [2]);
  return Buffer.from(encodeOnnxModel(b.build(), (file) => file)).toString('base64');
}

/** Adds two numbers on the device in a process of its own. */
function runProbe(device: Device): Promise<string | null> {
  const script = `
    const ort = require(process.argv[1]);
    (async () => {
      const session = await ort.InferenceSession.create(Buffer.from(process.argv[3], 'base64'), {
        executionProviders: [process.argv[2]], logSeverityLevel: 3,
      });
      const { y } = await session.run({ x: new ort.Tensor('float32', Float32Array.of(1, 2), [2]) });
      const values = await y.getData();
      if (values[0] !== 2 || values[1] !== 4) throw new Error('it computes wrong numbers');
      process.exit(0);
    })().catch((error) => { console.error(String(error.message)); process.exit(1); });`;
  return new Promise((resolve) => {
    const child = spawn(process.execPath, ['-e', script, runtimeEntry(), device, probeModel()], {
      env: { ...process.env, ELECTRON_RUN_AS_NODE: '1', NODE_OPTIONS: '' },
      stdio: ['ignore', 'ignore', 'pipe'],
      timeout: probeTimeoutMs,
    });
    let stderr = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
    child.on('error', (error) => resolve(error.message));
    child.on('close', (code, signal) => {
      if (code === 0) resolve(null);
      else
        resolve(
          lastLine(stderr) ?? (signal ? `its driver ended with ${signal}` : `its driver ended with code ${code}`),
        );
    });
  });
}

function lastLine(text: string): string | null {
  const lines = text.trim().split('\n').filter(Boolean);
  return lines.at(-1)?.trim() ?? null;
}
