import { existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { pythonExecutable, realCheckpoints, testEnvironmentFolder } from '../helpers/environment.js';
import { offlinePython, runProcess } from './measure.js';

const script = `
import sys, mlflow
from transformers import AutoModel, AutoModelForCausalLM, AutoTokenizer, pipeline
target, minilm, smollm2 = sys.argv[1:4]
requirements = ["mlflow==3.17.2", "transformers==5.23.0", "torch==2.13.0"]
mlflow.transformers.save_model(pipeline("feature-extraction", model=AutoModel.from_pretrained(minilm), tokenizer=AutoTokenizer.from_pretrained(minilm)), target + "/minilm", pip_requirements=requirements)
generator = pipeline("text-generation", model=AutoModelForCausalLM.from_pretrained(smollm2), tokenizer=AutoTokenizer.from_pretrained(smollm2))
mlflow.transformers.save_model(generator, target + "/smollm2", pip_requirements=requirements, model_config={"max_new_tokens": 64, "do_sample": False})
`;

/** The two real models as real MLflow saves them; made once, kept in the test environment. */
export async function loggedModels(): Promise<{ miniLm: string; smolLm2: string }> {
  const folder = path.join(testEnvironmentFolder, 'bench-models');
  const models = { miniLm: path.join(folder, 'minilm'), smolLm2: path.join(folder, 'smollm2') };
  if (!existsSync(path.join(models.smolLm2, 'requirements.txt'))) {
    await mkdir(folder, { recursive: true });
    await runProcess(
      pythonExecutable('new'),
      ['-c', script, folder, realCheckpoints.miniLm, realCheckpoints.smolLm2Float32],
      offlinePython,
    );
  }
  return models;
}
