"""Logs tiny random models of tasks about images and sounds with real MLflow, and says what mlflow.pyfunc makes of each."""
import json, logging, os, sys, warnings

warnings.filterwarnings("ignore")
import torch
import transformers as T
import mlflow
from tokenizers import Tokenizer
from tokenizers.models import WordLevel
from tokenizers.pre_tokenizers import Whitespace

T.logging.set_verbosity_error()
logging.disable(logging.CRITICAL)
root = json.load(sys.stdin)["folder"]
os.makedirs(root, exist_ok=True)
inner = Tokenizer(WordLevel({f"w{i}": i for i in range(40)}, unk_token="w5"))
inner.pre_tokenizer = Whitespace()
tokenizer = T.PreTrainedTokenizerFast(tokenizer_object=inner, pad_token="w1", eos_token="w2", unk_token="w5", cls_token="w3", sep_token="w4", mask_token="w6")
small = dict(hidden_size=16, num_hidden_layers=1, num_attention_heads=2, intermediate_size=16)
text = dict(vocab_size=40, max_position_embeddings=20, **small)
square = {"height": 32, "width": 32}
vision = dict(image_size=32, patch_size=8, **small)


def captioner():
    decoder = T.GPT2LMHeadModel(T.GPT2Config(vocab_size=40, n_embd=16, n_layer=1, n_head=2, add_cross_attention=True))
    return T.VisionEncoderDecoderModel(encoder=T.ViTModel(T.ViTConfig(**vision)), decoder=decoder)


def clip():
    return T.CLIPModel(T.CLIPConfig(text_config={**text, "eos_token_id": 2}, vision_config=vision, projection_dim=16))


def segformer():
    widths = dict(hidden_sizes=[16], patch_sizes=[7], strides=[4], num_attention_heads=[1], mlp_ratios=[2], decoder_hidden_size=16)
    return T.SegformerForSemanticSegmentation(T.SegformerConfig(num_encoder_blocks=1, depths=[1], sr_ratios=[1], **widths))


def glpn():
    return T.GLPNForDepthEstimation(T.GLPNConfig(depths=[1] * 4, hidden_sizes=[8] * 4, decoder_hidden_size=8, num_attention_heads=[1] * 4))


def super_resolution():
    return T.Swin2SRForImageSuperResolution(T.Swin2SRConfig(image_size=16, embed_dim=16, depths=[1], num_heads=[2], window_size=4, upsampler="pixelshuffledirect"))


def sam():
    eye = dict(hidden_size=16, num_hidden_layers=1, num_attention_heads=2, image_size=32, patch_size=8, output_channels=8, mlp_dim=16, global_attn_indexes=[0])
    prompts = dict(hidden_size=8, image_size=32, patch_size=8, mask_input_channels=4)
    masks = dict(hidden_size=8, mlp_dim=8, num_hidden_layers=1, num_attention_heads=2, iou_head_hidden_dim=8)
    return T.SamModel(T.SamConfig(vision_config=eye, prompt_encoder_config=prompts, mask_decoder_config=masks))


def clap():
    ear = dict(hidden_size=16, patch_embeds_hidden_size=8, num_mel_bins=16, spec_size=32, depths=[1, 1], num_attention_heads=[1, 1], patch_size=4, window_size=4)
    return T.ClapModel(T.ClapConfig(text_config=text, audio_config=ear, projection_dim=16))


def vits():
    flows = dict(prior_encoder_num_flows=1, prior_encoder_num_wavenet_layers=1, posterior_encoder_num_wavenet_layers=1, duration_predictor_num_flows=1)
    sound = dict(ffn_dim=16, flow_size=16, spectrogram_bins=9, upsample_initial_channel=16, upsample_rates=[2], upsample_kernel_sizes=[4])
    blocks = dict(resblock_kernel_sizes=[3], resblock_dilation_sizes=[[1]])
    return T.VitsModel(T.VitsConfig(vocab_size=40, hidden_size=16, num_hidden_layers=1, num_attention_heads=2, **flows, **sound, **blocks))


MODELS = {
    "image-feature-extraction": lambda: dict(model=T.ViTModel(T.ViTConfig(**vision)), image_processor=T.ViTImageProcessor(size=square)),
    "zero-shot-image-classification": lambda: dict(model=clip(), tokenizer=tokenizer, image_processor=T.CLIPImageProcessor(crop_size=square)),
    "object-detection": lambda: dict(
        model=T.YolosForObjectDetection(T.YolosConfig(**{**vision, "image_size": [32, 32]}, num_detection_tokens=4)), image_processor=T.YolosImageProcessor(size=square)
    ),
    "image-segmentation": lambda: dict(model=segformer(), image_processor=T.SegformerImageProcessor(size=square)),
    "depth-estimation": lambda: dict(model=glpn(), image_processor=T.GLPNImageProcessor()),
    "document-question-answering": lambda: dict(model=T.LayoutLMForQuestionAnswering(T.LayoutLMConfig(vocab_size=40, **small)), tokenizer=tokenizer),
    "mask-generation": lambda: dict(model=sam(), image_processor=T.SamImageProcessor()),
    "zero-shot-object-detection": lambda: dict(
        model=T.OwlViTForObjectDetection(T.OwlViTConfig(text_config=text, vision_config=vision, projection_dim=16)), tokenizer=tokenizer, image_processor=T.OwlViTImageProcessor(size=square)
    ),
    "zero-shot-audio-classification": lambda: dict(model=clap(), tokenizer=tokenizer, feature_extractor=T.ClapFeatureExtractor()),
    "text-to-audio": lambda: dict(model=vits(), tokenizer=tokenizer),
}
if int(T.__version__.split(".")[0]) < 5:
    MODELS |= {
        "visual-question-answering": lambda: dict(
            model=T.ViltForQuestionAnswering(T.ViltConfig(**{**vision, **text, "vocab_size": 40})), tokenizer=tokenizer, image_processor=T.ViltImageProcessor(size={"shortest_edge": 32})
        ),
        "image-to-text": lambda: dict(model=captioner(), tokenizer=tokenizer, image_processor=T.ViTImageProcessor(size=square)),
        "image-to-image": lambda: dict(model=super_resolution(), image_processor=T.Swin2SRImageProcessor()),
    }

answers = []
for task, parts in MODELS.items():
    pipeline = T.pipeline(task, **parts())
    pipeline.model.name_or_path = "tiny"
    path = f"{root}/{task}"
    mlflow.transformers.save_model(pipeline, path, pip_requirements=["x"])
    answer = {"task": task, "path": path, "pipelineClass": type(pipeline).__name__}
    try:
        mlflow.pyfunc.load_model(path).predict("w7")
    except Exception as error:
        answer |= {"code": getattr(error, "error_code", None), "message": str(error)}
    answers.append(answer)

# A class of someone's own: MLmodel names it, transformers builds the task's.
torch.manual_seed(0)
classifier = T.pipeline("text-classification", model=T.BertForSequenceClassification(T.BertConfig(**text)), tokenizer=tokenizer)
classifier.model.name_or_path = "tiny"
own = f"{root}/own-class"
mlflow.transformers.save_model(classifier, own, pip_requirements=["x"])
with open(f"{own}/MLmodel") as file:
    renamed = file.read().replace("TextClassificationPipeline", "OwnClassificationPipeline")
with open(f"{own}/MLmodel", "w") as file:
    file.write(renamed)
frame = mlflow.pyfunc.load_model(own).predict("w7 w8 w9")
print(json.dumps({"refusals": answers, "ownClass": {"path": own, "predictions": frame.to_dict(orient="records")}}))
