import { MlflowError } from '../errors.js';

/** Which generation's answers are given: MLflow 3 with transformers 5, or MLflow 2 with transformers 4. */
export type TransformersGeneration = 5 | 4;

interface TaskEntry {
  pipelineClass: string;
  /** Ends of model class names that serve the task; the first match of {@link taskOfModelClass} wins. */
  heads: readonly string[];
  /** Generations whose transformers has the pipeline. */
  generations: readonly TransformersGeneration[];
}

const both = [5, 4] as const;
const onlyNew = [5] as const;
const onlyOld = [4] as const;

/**
 * The pipelines of transformers 5.23 and 4.43 with their classes.
 * Source: transformers.pipelines.SUPPORTED_TASKS of both.
 */
const tasks: Readonly<Record<string, TaskEntry>> = {
  'audio-classification': {
    pipelineClass: 'AudioClassificationPipeline',
    heads: ['ForAudioClassification', 'ForSpeechClassification'],
    generations: both,
  },
  'automatic-speech-recognition': {
    pipelineClass: 'AutomaticSpeechRecognitionPipeline',
    heads: [
      'ForCTC',
      'ForTDT',
      'ForSpeechSeq2Seq',
      'WhisperForConditionalGeneration',
      'Speech2TextForConditionalGeneration',
    ],
    generations: both,
  },
  'text-to-audio': {
    pipelineClass: 'TextToAudioPipeline',
    heads: ['ForTextToSpeech', 'ForTextToWaveform'],
    generations: both,
  },
  'feature-extraction': { pipelineClass: 'FeatureExtractionPipeline', heads: [], generations: both },
  'text-classification': {
    pipelineClass: 'TextClassificationPipeline',
    heads: ['ForSequenceClassification'],
    generations: both,
  },
  'token-classification': {
    pipelineClass: 'TokenClassificationPipeline',
    heads: ['ForTokenClassification'],
    generations: both,
  },
  'table-question-answering': {
    pipelineClass: 'TableQuestionAnsweringPipeline',
    heads: ['TapasForQuestionAnswering', 'ForTableQuestionAnswering'],
    generations: both,
  },
  'document-question-answering': {
    pipelineClass: 'DocumentQuestionAnsweringPipeline',
    heads: [
      'LayoutLMForQuestionAnswering',
      'LayoutLMv2ForQuestionAnswering',
      'LayoutLMv3ForQuestionAnswering',
      'ForDocumentQuestionAnswering',
    ],
    generations: both,
  },
  'visual-question-answering': {
    pipelineClass: 'VisualQuestionAnsweringPipeline',
    heads: ['ViltForQuestionAnswering', 'ForVisualQuestionAnswering'],
    generations: onlyOld,
  },
  'question-answering': {
    pipelineClass: 'QuestionAnsweringPipeline',
    heads: ['ForQuestionAnswering', 'ForQuestionAnsweringSimple'],
    generations: onlyOld,
  },
  'fill-mask': { pipelineClass: 'FillMaskPipeline', heads: ['ForMaskedLM'], generations: both },
  summarization: { pipelineClass: 'SummarizationPipeline', heads: [], generations: onlyOld },
  translation: {
    pipelineClass: 'TranslationPipeline',
    heads: ['MarianMTModel', 'FSMTForConditionalGeneration'],
    generations: onlyOld,
  },
  'text2text-generation': {
    pipelineClass: 'Text2TextGenerationPipeline',
    heads: [
      'T5ForConditionalGeneration',
      'BartForConditionalGeneration',
      'PegasusForConditionalGeneration',
      'ForConditionalGeneration',
    ],
    generations: onlyOld,
  },
  'text-generation': {
    pipelineClass: 'TextGenerationPipeline',
    heads: ['ForCausalLM', 'LMHeadModel'],
    generations: both,
  },
  'zero-shot-classification': { pipelineClass: 'ZeroShotClassificationPipeline', heads: [], generations: both },
  'zero-shot-image-classification': {
    pipelineClass: 'ZeroShotImageClassificationPipeline',
    heads: ['CLIPModel', 'ForZeroShotImageClassification'],
    generations: both,
  },
  'zero-shot-audio-classification': {
    pipelineClass: 'ZeroShotAudioClassificationPipeline',
    heads: ['ClapModel'],
    generations: both,
  },
  'image-classification': {
    pipelineClass: 'ImageClassificationPipeline',
    heads: ['ForImageClassification'],
    generations: both,
  },
  'image-feature-extraction': { pipelineClass: 'ImageFeatureExtractionPipeline', heads: [], generations: both },
  'image-segmentation': {
    pipelineClass: 'ImageSegmentationPipeline',
    heads: ['ForImageSegmentation', 'ForSemanticSegmentation', 'ForUniversalSegmentation', 'ForInstanceSegmentation'],
    generations: both,
  },
  'image-text-to-text': {
    pipelineClass: 'ImageTextToTextPipeline',
    heads: ['ForImageTextToText', 'LlavaForConditionalGeneration'],
    generations: onlyNew,
  },
  'image-to-text': {
    pipelineClass: 'ImageToTextPipeline',
    heads: ['VisionEncoderDecoderModel', 'ForVision2Seq'],
    generations: onlyOld,
  },
  'object-detection': { pipelineClass: 'ObjectDetectionPipeline', heads: ['ForObjectDetection'], generations: both },
  'zero-shot-object-detection': {
    pipelineClass: 'ZeroShotObjectDetectionPipeline',
    heads: ['ForZeroShotObjectDetection'],
    generations: both,
  },
  'depth-estimation': { pipelineClass: 'DepthEstimationPipeline', heads: ['ForDepthEstimation'], generations: both },
  'video-classification': {
    pipelineClass: 'VideoClassificationPipeline',
    heads: ['ForVideoClassification'],
    generations: both,
  },
  'mask-generation': {
    pipelineClass: 'MaskGenerationPipeline',
    heads: ['SamModel', 'ForMaskGeneration'],
    generations: both,
  },
  'image-to-image': {
    pipelineClass: 'ImageToImagePipeline',
    heads: ['ForImageSuperResolution', 'ForImageToImage'],
    generations: onlyOld,
  },
  'keypoint-matching': {
    pipelineClass: 'KeypointMatchingPipeline',
    heads: ['ForKeypointMatching'],
    generations: onlyNew,
  },
  'any-to-any': { pipelineClass: 'AnyToAnyPipeline', heads: ['ForMultimodalLM'], generations: onlyNew },
  decision: { pipelineClass: 'DecisionPipeline', heads: ['ForDecision'], generations: onlyNew },
};

/** Source: transformers.pipelines.TASK_ALIASES. */
const aliases: Readonly<Record<string, string>> = {
  'sentiment-analysis': 'text-classification',
  ner: 'token-classification',
  vqa: 'visual-question-answering',
  'text-to-speech': 'text-to-audio',
};

const llmTasksByPipelineTask: Readonly<Record<string, readonly string[]>> = {
  'text-generation': ['llm/v1/completions', 'llm/v1/chat'],
  'feature-extraction': ['llm/v1/embeddings'],
};

export const llmTaskPrefix = 'llm/v1';

/** Pipelines that get no `python_function` flavor. Source: mlflow.transformers._should_add_pyfunc_to_model. */
const pipelinesWithoutPyfunc: ReadonlySet<string> = new Set([
  'DocumentQuestionAnsweringPipeline',
  'ImageToTextPipeline',
  'VisualQuestionAnsweringPipeline',
  'ImageSegmentationPipeline',
  'DepthEstimationPipeline',
  'ObjectDetectionPipeline',
  'VideoClassificationPipeline',
  'ZeroShotImageClassificationPipeline',
  'ZeroShotObjectDetectionPipeline',
  'ZeroShotAudioClassificationPipeline',
]);

const familiesWithoutPyfunc = /^(Graphormer|Informer|TimeSeriesTransformer|DecisionTransformer)/;

/** Tasks a user can choose from, sorted. */
export function supportedTasks(generation?: TransformersGeneration): string[] {
  return Object.keys(tasks)
    .filter((task) => generation === undefined || tasks[task]!.generations.includes(generation))
    .sort();
}

/** The name a pipeline reports for a task: aliases resolved, `translation_en_to_de` as it is. */
export function normalizeTask(task: string): string {
  return aliases[task] ?? task;
}

/**
 * Python's pipeline class of a task.
 * @throws MlflowError INVALID_PARAMETER_VALUE, reason `taskUnsupported`, with transformers' text for an unknown task.
 */
export function pipelineClassOf(task: string): string {
  const entry = entryOf(task);
  if (!entry) {
    throw MlflowError.invalidParameter(
      `Unknown task ${task}, available tasks are ${pythonList([...supportedTasks(), 'translation_XX_to_YY'])}`,
      { reason: 'taskUnsupported', details: { task } },
    );
  }
  return entry.pipelineClass;
}

export function isKnownTask(task: string): boolean {
  return entryOf(task) !== undefined;
}

/** Whether the transformers of a generation can build the task's pipeline (5 dropped several). */
export function generationHasTask(task: string, generation: TransformersGeneration): boolean {
  return entryOf(task)?.generations.includes(generation) ?? false;
}

/** The `llm/v1/...` tasks that a pipeline can serve. */
export function llmTasksOf(pipelineTask: string): readonly string[] {
  return llmTasksByPipelineTask[pipelineTask] ?? [];
}

/** The pipeline task that stands for an `llm/v1/...` task where none is named; `null` for an unknown one. */
export function defaultTaskOfLlmTask(llmTask: string | null | undefined): string | null {
  for (const [task, llmTasks] of Object.entries(llmTasksByPipelineTask)) {
    if (llmTask != null && llmTasks.includes(llmTask)) return task;
  }
  return null;
}

/** @throws MlflowError INVALID_PARAMETER_VALUE with MLflow's text when the pipeline cannot serve the `llm/v1/...` task. */
export function checkLlmTask(llmTask: string, pipelineTask: string): void {
  const supported = llmTasksOf(pipelineTask);
  if (!supported.includes(llmTask)) {
    throw MlflowError.invalidParameter(
      `The task provided is invalid. '${llmTask}' is not a supported task for the ${pipelineTask} pipeline. Must be one of ${pythonList(supported)}`,
    );
  }
}

/** Whether MLflow adds the `python_function` flavor for this pipeline. */
export function hasPyfunc(pipelineClass: string, modelClass: string): boolean {
  return !pipelinesWithoutPyfunc.has(pipelineClass) && !familiesWithoutPyfunc.test(modelClass);
}

/**
 * The task a model class serves, from its name (`BertForSequenceClassification`); `null` when the name does not tell.
 * A bare encoder (`BertModel`) serves feature extraction.
 */
export function taskOfModelClass(modelClass: string): string | null {
  let best: { task: string; length: number } | null = null;
  for (const [task, { heads }] of Object.entries(tasks)) {
    for (const head of heads) {
      if (modelClass.endsWith(head) && head.length > (best?.length ?? 0)) best = { task, length: head.length };
    }
  }
  if (best) return best.task;
  return modelClass.endsWith('Model') ? 'feature-extraction' : null;
}

function entryOf(task: string): TaskEntry | undefined {
  const name = normalizeTask(task);
  if (/^translation_[^_]+_to_[^_]+$/.test(name)) return tasks['translation'];
  return Object.hasOwn(tasks, name) ? tasks[name] : undefined;
}

function pythonList(items: readonly string[]): string {
  return `[${items.map((item) => `'${item}'`).join(', ')}]`;
}
