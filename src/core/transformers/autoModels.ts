/** Made by scripts/autoModels.mjs from transformers 4.43.4 and 5.23.0; not edited by hand. */
export const irregularFamilies =
  'aimv2_vision_model=Aimv2Vision altclip=AltCLIP audio-spectrogram-transformer=AST audioflamingo3=AudioFlamingo3 audioflamingo3_encoder=AudioFlamingo3Encoder axk1=AXK1 axk2=AXK2 bert-generation=BertGenerationEncoder bigbird_pegasus=BigBirdPegasus biogpt=BioGpt bitnet=BitNet blip_2_qformer=Blip2QFormer bridgetower=BridgeTower chinese_clip=ChineseCLIP chinese_clip_vision_model=ChineseCLIPVision clip=CLIP clip_text_model=CLIPText clip_vision_model=CLIPVision clipseg=CLIPSeg clvp=ClvpModelForConditionalGeneration code_llama=Llama codegen=CodeGen convbert=ConvBert convnext=ConvNext convnextv2=ConvNextV2 cpmant=CpmAnt csm=CsmForConditionalGeneration ctrl=CTRL data2vec-audio=Data2VecAudio data2vec-text=Data2VecText data2vec-vision=Data2VecVision deepseek_vl=DeepseekVL deepseek_vl_hybrid=DeepseekVLHybrid deit=DeiT diffllama=DiffLlama dinov3_convnext=DINOv3ConvNext dinov3_vit=DINOv3ViT distilbert=DistilBert dpr=DPRQuestionEncoder dpt=DPT edgetam=EdgeTam edgetam_video=EdgeTamVideo edgetam_vision_model=EdgeTamVision efficientformer=EfficientFormer efficientloftr=EfficientLoFTR efficientnet=EfficientNet ernie4_5=Ernie4_5 ernie4_5_moe=Ernie4_5_Moe ernie4_5_vl_moe=Ernie4_5_VLMoe eurobert=EuroBert exaone4_5=Exaone4_5_ exaone4_5_vision=Exaone4_5_Vision fastspeech2_conformer=FastSpeech2Conformer fastspeech2_conformer_with_hifigan=FastSpeech2ConformerWithHifiGan fnet=FNet focalnet=FocalNet fsmt=FSMT gemma3n_audio=Gemma3nAudioEncoder gemma3n_vision=TimmWrapper glm46v=Glm46V glm_image_vqmodel=GlmImageVQVAE glmasr=GlmAsr glmasr_encoder=GlmAsrEncoder glmga=Glm46V glpn=GLPN gpt-sw3=GPT2 gpt2=GPT2 gpt_bigcode=GPTBigCode gpt_neo=GPTNeo gpt_neox=GPTNeoX gpt_neox_japanese=GPTNeoXJapanese gptj=GPTJ gptsan-japanese=GPTSanJapaneseForConditionalGeneration gradium_phonon_tts=GradiumPhononTTS granite_speech5_ctc=GraniteSpeech5ForCTC granite_swa=GraniteSWA granitemoe=GraniteMoe granitemoe_swa=GraniteMoeSWA granitemoehybrid=GraniteMoeHybrid granitemoeshared=GraniteMoeShared groupvit=GroupViT hgnet_v2=HGNetV2Backbone higgs_audio_v2=HiggsAudioV2ForConditionalGeneration hunyuan_v1_dense=HunYuanDenseV1 hunyuan_v1_moe=HunYuanMoEV1 hunyuan_vl=HunYuanVL hunyuan_vl_text=HunYuanVLText hunyuan_vl_vision=HunYuanVLVisionTransformer hy_v3=HYV3 hy_v4=HYV4 hyperclovax=HyperCLOVAX hyperclovax_vision_v2=HyperCLOVAXVisionV2 ibert=IBert idefics3_vision=Idefics3VisionTransformer ijepa=IJepa imagegpt=ImageGPT inkling_mm_model=Inkling instructblip=InstructBlip instructblipvideo=InstructBlipVideo internlm3=Llama internvl=InternVL internvl_vision=InternVLVision iquestcoder=Llama jetmoe=JetMoe kimi_k25=Kimi_K25 kimi_k25_vision=Kimi_K25Vision kosmos-2.5=Kosmos2_5 lasr_ctc=LasrForCTC layoutlm=LayoutLM layoutlmv2=LayoutLMv2 layoutlmv3=LayoutLMv3 led=LED lightglue=LightGlueForKeypointMatching lighton_ocr=LightOnOcr llama4=Llama4ForConditionalGeneration longt5=LongT5 m2m_100=M2M100 markuplm=MarkupLM mask2former=Mask2Former maskformer-swin=MaskFormerSwin maskformer=MaskFormer mbart=MBart mctct=MCTCT metaclip_2=MetaClip2 mgp-str=MgpstrForSceneTextRecognition mimo_v2_flash=MiMoV2Flash minicpm3=MiniCPM3 minicpm_ocr=MiniCPMOcr minicpm_ocr_vision=MiniCPMOcrVision minicpmv4_6=MiniCPMV4_6 minicpmv4_7=MiniCPMV4_7 minicpmv4_7_vision=MiniCPMV4_7Vision minimax=MiniMax minimax_m2=MiniMaxM2 minimax_m3_vl=MiniMaxM3VL minimax_m3_vl_text=MiniMaxM3VLText mlcd=MLCDVision mlcd_vision_model=MLCDVision mm-grounding-dino=MMGroundingDino mobilebert=MobileBert mobilenet_v1=MobileNetV1 mobilenet_v2=MobileNetV2 mobilevit=MobileViT mobilevitv2=MobileViTV2 modernbert-decoder=ModernBertDecoder modernbert=ModernBert modernvbert=ModernVBert mpnet=MPNet mt5=MT5 musicflamingo=MusicFlamingo nanochat=NanoChat nemo_speechlm=Nemotron3_5Transcribe nemotron3_5_asr=Nemotron3_5AsrForRNNT nemotron3_5_transcribe_asr_audio=Nemotron3_5TranscribeAsrAudio nemotron3_5_transcribe_audio=Nemotron3_5TranscribeAudio nemotron3_5_transcribe_word_timestamp=Nemotron3_5TranscribeWordTimestamp nemotron_asr_streaming=NemotronAsrStreamingForRNNT neomme=NeoMME neucodec=NeuCodec omdet-turbo=OmDetTurboForObjectDetection oneformer=OneFormer openai-gpt=OpenAIGPT openai_privacy_filter=OpenAIPrivacyFilter opt=OPT owlvit=OwlViT paddleocr_vl=PaddleOCRVL paligemma=PaliGemma parakeet_ctc=ParakeetForCTC parakeet_rnnt=ParakeetForRNNT parakeet_tdt=ParakeetForTDT patchtsmixer=PatchTSMixer patchtst=PatchTST perception_lm=PerceptionLM pi0=PI0 pixtral=PixtralVision plbart=PLBart pocket_tts=PocketTTS pocket_tts_audio_tokenizer=PocketTTSAudioTokenizer pocket_tts_audio_tokenizer_decoder=PocketTTSAudioTokenizerDecoder pocket_tts_audio_tokenizer_encoder=PocketTTSAudioTokenizerEncoder poolformer=PoolFormer pp_doclayout_v3=PPDocLayoutV3 pp_doclayout_v4=PPDocLayoutV4 pp_ocrv5_mobile_rec=PPOCRV5MobileRec pp_ocrv5_server_rec=PPOCRV5ServerRec pp_ocrv6_medium_det=PPOCRV6MediumDet pp_ocrv6_small_det=PPOCRV6SmallDet pp_ocrv6_small_rec=PPOCRV6SmallRec pp_ocrv6_tiny_rec=PPOCRV6TinyRec prophetnet=ProphetNet qdqbert=QDQBert qianfan_ocr=QianfanOCR qianfan_ocr_vision=QianfanOCRVision qwen2_5_omni_thinker=Qwen2_5OmniThinker qwen2_5_vl=Qwen2_5_VL qwen2_5_vl_text=Qwen2_5_VLText qwen2_5_vl_vision=Qwen2_5_VisionTransformerPretrained qwen2_vl=Qwen2VL qwen2_vl_text=Qwen2VLText qwen3_5=Qwen3_5 qwen3_5_moe=Qwen3_5Moe qwen3_5_moe_text=Qwen3_5MoeText qwen3_5_moe_vision=Qwen3_5MoeVision qwen3_5_text=Qwen3_5Text qwen3_5_vision=Qwen3_5Vision qwen3_asr=Qwen3ASR qwen3_asr_encoder=Qwen3ASREncoder qwen3_vl=Qwen3VL qwen3_vl_moe=Qwen3VLMoe qwen3_vl_moe_text=Qwen3VLMoeText qwen3_vl_moe_vision=Qwen3VLMoeVision qwen3_vl_text=Qwen3VLText qwen3_vl_vision=Qwen3VLVision regnet=RegNet rembert=RemBert resnet=ResNet retribert=RetriBert roberta-prelayernorm=RobertaPreLayerNorm roc_bert=RoCBert roformer=RoFormer rt_detr=RTDetr rt_detr_v2=RTDetrV2 sam2_hiera_det_model=Sam2HieraDet sam2_vision_model=Sam2Vision sam3_lite_text_text_model=Sam3LiteTextText sam3_vision_model=Sam3Vision sam3_vit_model=Sam3ViT sam_hq=SamHQ sam_hq_vision_model=SamHQVision sam_vision_model=SamVision seamless_m4t=SeamlessM4T seamless_m4t_v2=SeamlessM4Tv2 seggpt=SegGpt sew-d=SEWD sew=SEW siglip2_vision_model=Siglip2Vision siglip_vision_model=SiglipVision smollm3=SmolLM3 smolvlm=SmolVLM smolvlm_vision=SmolVLMVisionTransformer speech_to_text=Speech2Text speecht5=SpeechT5 squeezebert=SqueezeBert stablelm=StableLm swiftformer=SwiftFormer swin2sr=Swin2SR t5gemma2=T5Gemma2 t5gemma2_encoder=T5Gemma2Encoder t5gemma=T5Gemma textnet=TextNet timesfm2_5=TimesFm2_5 timesfm=TimesFm tipsv2_text_model=Tipsv2Text tipsv2_vision_model=Tipsv2Vision transfo-xl=TransfoXL ultravbert=UltraVBert umt5=UMT5 unispeech-sat=UniSpeechSat unispeech=UniSpeech univnet=UnivNet uvdoc=UVDoc vaultgemma=VaultGemma vibevoice=VibeVoiceForConditionalGeneration vibevoice_acoustic_tokenizer=VibeVoiceAcousticTokenizer vibevoice_acoustic_tokenizer_decoder=VibeVoiceAcousticTokenizerDecoder vibevoice_acoustic_tokenizer_encoder=VibeVoiceAcousticTokenizerEncoder vibevoice_asr=VibeVoiceAsr videomae=VideoMAE videoprism=VideoPrismClip videoprism_vision_model=VideoPrismVision vipllava=VipLlava vit=ViT vit_hybrid=ViTHybrid vit_mae=ViTMAE vit_msn=ViTMSN vitdet=VitDet vjepa2=VJEPA2 wav2vec2-bert=Wav2Vec2Bert wav2vec2-conformer=Wav2Vec2Conformer wav2vec2=Wav2Vec2 wavlm=WavLM xclip=XCLIP xglm=XGLM xlm-prophetnet=XLMProphetNet xlm-roberta-xl=XLMRobertaXL xlm-roberta=XLMRoberta xlm=XLM xlnet=XLNet xlstm=xLSTM';
export const autoModels4 = {
  tasks: {
    'audio-classification': 'AutoModelForAudioClassification',
    'automatic-speech-recognition': 'AutoModelForCTC AutoModelForSpeechSeq2Seq',
    'text-to-audio': 'AutoModelForTextToWaveform AutoModelForTextToSpectrogram',
    'feature-extraction': 'AutoModel',
    'text-classification': 'AutoModelForSequenceClassification',
    'token-classification': 'AutoModelForTokenClassification',
    'question-answering': 'AutoModelForQuestionAnswering',
    'table-question-answering': 'AutoModelForTableQuestionAnswering',
    'visual-question-answering': 'AutoModelForVisualQuestionAnswering',
    'document-question-answering': 'AutoModelForDocumentQuestionAnswering',
    'fill-mask': 'AutoModelForMaskedLM',
    summarization: 'AutoModelForSeq2SeqLM',
    translation: 'AutoModelForSeq2SeqLM',
    'text2text-generation': 'AutoModelForSeq2SeqLM',
    'text-generation': 'AutoModelForCausalLM',
    'zero-shot-classification': 'AutoModelForSequenceClassification',
    'zero-shot-image-classification': 'AutoModelForZeroShotImageClassification',
    'zero-shot-audio-classification': 'AutoModel',
    'image-classification': 'AutoModelForImageClassification',
    'image-feature-extraction': 'AutoModel',
    'image-segmentation': 'AutoModelForImageSegmentation AutoModelForSemanticSegmentation',
    'image-to-text': 'AutoModelForVision2Seq',
    'object-detection': 'AutoModelForObjectDetection',
    'zero-shot-object-detection': 'AutoModelForZeroShotObjectDetection',
    'depth-estimation': 'AutoModelForDepthEstimation',
    'video-classification': 'AutoModelForVideoClassification',
    'mask-generation': 'AutoModelForMaskGeneration',
    'image-to-image': 'AutoModelForImageToImage',
  },
  models: {
    AutoModel: {
      heads: {
        '': 'bert-generation clvp dpr gptsan-japanese mgp-str timm_backbone',
        Model:
          'albert align altclip audio-spectrogram-transformer autoformer bark bart beit bert big_bird bigbird_pegasus biogpt bit blenderbot blenderbot-small blip blip-2 bloom bridgetower bros camembert canine chameleon chinese_clip chinese_clip_vision_model clap clip clip_vision_model clipseg code_llama codegen cohere conditional_detr convbert convnext convnextv2 cpmant ctrl cvt data2vec-audio data2vec-text data2vec-vision dbrx deberta deberta-v2 decision_transformer deformable_detr deit deta detr dinat dinov2 distilbert donut-swin dpt efficientformer efficientnet electra encodec ernie ernie_m esm falcon fastspeech2_conformer flaubert flava fnet focalnet fsmt gemma gemma2 git glpn gpt-sw3 gpt2 gpt_bigcode gpt_neo gpt_neox gpt_neox_japanese gptj graphormer grounding-dino groupvit hiera hubert ibert idefics idefics2 imagegpt informer jamba jetmoe jukebox kosmos-2 layoutlm layoutlmv2 layoutlmv3 led levit lilt llama longformer longt5 luke lxmert m2m_100 mamba marian markuplm mask2former maskformer maskformer-swin mbart mctct mega megatron-bert mistral mixtral mobilebert mobilenet_v1 mobilenet_v2 mobilevit mobilevitv2 mpnet mpt mra mt5 musicgen musicgen_melody mvp nat nezha nllb-moe nystromformer olmo oneformer open-llama openai-gpt opt owlv2 owlvit patchtsmixer patchtst pegasus pegasus_x perceiver persimmon phi phi3 plbart poolformer prophetnet pvt pvt_v2 qdqbert qwen2 qwen2_moe recurrent_gemma reformer regnet rembert resnet retribert roberta roberta-prelayernorm roc_bert roformer rt_detr rwkv sam seamless_m4t seamless_m4t_v2 segformer seggpt sew sew-d siglip siglip_vision_model speech_to_text speecht5 splinter squeezebert stablelm starcoder2 swiftformer swin swin2sr swinv2 switch_transformers t5 table-transformer tapas time_series_transformer timesformer trajectory_transformer transfo-xl tvlt tvp udop umt5 unispeech unispeech-sat univnet van videomae vilt vision-text-dual-encoder visual_bert vit vit_hybrid vit_mae vit_msn vitdet vits vivit wav2vec2 wav2vec2-bert wav2vec2-conformer wavlm whisper xclip xglm xlm xlm-prophetnet xlm-roberta xlm-roberta-xl xlnet xmod yolos yoso',
      },
      whole: 'funnel=FunnelModel|FunnelBaseModel',
    },
    AutoModelForAudioClassification: {
      heads: {
        ForAudioClassification: 'audio-spectrogram-transformer whisper',
        ForSequenceClassification:
          'data2vec-audio hubert sew sew-d unispeech unispeech-sat wav2vec2 wav2vec2-bert wav2vec2-conformer wavlm',
      },
      whole: '',
    },
    AutoModelForCTC: {
      heads: {
        ForCTC:
          'data2vec-audio hubert mctct sew sew-d unispeech unispeech-sat wav2vec2 wav2vec2-bert wav2vec2-conformer wavlm',
      },
      whole: '',
    },
    AutoModelForSpeechSeq2Seq: {
      heads: {
        ForConditionalGeneration: 'speech_to_text whisper',
        ForSpeechToText: 'seamless_m4t seamless_m4t_v2 speecht5',
        Model: 'speech-encoder-decoder',
      },
      whole: 'pop2piano=Pop2PianoForConditionalGeneration',
    },
    AutoModelForTextToWaveform: {
      heads: {
        ForConditionalGeneration: 'musicgen musicgen_melody',
        ForTextToSpeech: 'seamless_m4t seamless_m4t_v2',
        Model: 'bark vits',
        WithHifiGan: 'fastspeech2_conformer',
      },
      whole: '',
    },
    AutoModelForTextToSpectrogram: {
      heads: { ForTextToSpeech: 'speecht5', Model: 'fastspeech2_conformer' },
      whole: '',
    },
    AutoModelForSequenceClassification: {
      heads: {
        ForSequenceClassification:
          'albert bart bert big_bird bigbird_pegasus biogpt bloom camembert canine code_llama convbert ctrl data2vec-text deberta deberta-v2 distilbert electra ernie ernie_m esm falcon flaubert fnet funnel gemma gemma2 gpt-sw3 gpt2 gpt_bigcode gpt_neo gpt_neox gptj ibert jamba jetmoe layoutlm layoutlmv2 layoutlmv3 led lilt llama longformer luke markuplm mbart mega megatron-bert mistral mixtral mobilebert mpnet mpt mra mt5 mvp nezha nystromformer open-llama openai-gpt opt perceiver persimmon phi phi3 plbart qdqbert qwen2 qwen2_moe reformer rembert roberta roberta-prelayernorm roc_bert roformer squeezebert stablelm starcoder2 t5 tapas transfo-xl umt5 xlm xlm-roberta xlm-roberta-xl xlnet xmod yoso',
      },
      whole: '',
    },
    AutoModelForTokenClassification: {
      heads: {
        ForTokenClassification:
          'albert bert big_bird biogpt bloom bros camembert canine convbert data2vec-text deberta deberta-v2 distilbert electra ernie ernie_m esm falcon flaubert fnet funnel gemma gemma2 gpt-sw3 gpt2 gpt_bigcode gpt_neo gpt_neox ibert layoutlm layoutlmv2 layoutlmv3 lilt llama longformer luke markuplm mega megatron-bert mistral mixtral mobilebert mpnet mpt mra mt5 nezha nystromformer persimmon phi phi3 qdqbert qwen2 qwen2_moe rembert roberta roberta-prelayernorm roc_bert roformer squeezebert stablelm starcoder2 t5 umt5 xlm xlm-roberta xlm-roberta-xl xlnet xmod yoso',
      },
      whole: '',
    },
    AutoModelForQuestionAnswering: {
      heads: {
        ForQuestionAnswering:
          'albert bart bert big_bird bigbird_pegasus bloom camembert canine convbert data2vec-text deberta deberta-v2 distilbert electra ernie ernie_m falcon fnet funnel gpt2 gpt_neo gpt_neox gptj ibert layoutlmv2 layoutlmv3 led lilt llama longformer luke lxmert markuplm mbart mega megatron-bert mobilebert mpnet mpt mra mt5 mvp nezha nystromformer opt qdqbert reformer rembert roberta roberta-prelayernorm roc_bert roformer splinter squeezebert t5 umt5 xlm-roberta xlm-roberta-xl xmod yoso',
        ForQuestionAnsweringSimple: 'flaubert xlm xlnet',
      },
      whole: '',
    },
    AutoModelForTableQuestionAnswering: { heads: { ForQuestionAnswering: 'tapas' }, whole: '' },
    AutoModelForVisualQuestionAnswering: {
      heads: { ForConditionalGeneration: 'blip-2', ForQuestionAnswering: 'blip vilt' },
      whole: '',
    },
    AutoModelForDocumentQuestionAnswering: {
      heads: { ForQuestionAnswering: 'layoutlm layoutlmv2 layoutlmv3' },
      whole: '',
    },
    AutoModelForMaskedLM: {
      heads: {
        ForConditionalGeneration: 'bart mbart mvp',
        ForMaskedLM:
          'albert bert big_bird camembert convbert data2vec-text deberta deberta-v2 distilbert electra ernie esm fnet funnel ibert layoutlm longformer luke mega megatron-bert mobilebert mpnet mra nezha nystromformer perceiver qdqbert reformer rembert roberta roberta-prelayernorm roc_bert roformer squeezebert tapas wav2vec2 xlm-roberta xlm-roberta-xl xmod yoso',
        WithLMHeadModel: 'flaubert xlm',
      },
      whole: '',
    },
    AutoModelForSeq2SeqLM: {
      heads: {
        '': 'gptsan-japanese',
        ForConditionalGeneration:
          'bart bigbird_pegasus blenderbot blenderbot-small fsmt led longt5 m2m_100 mbart mt5 mvp nllb-moe pegasus pegasus_x plbart prophetnet switch_transformers t5 umt5 xlm-prophetnet',
        ForTextToText: 'seamless_m4t seamless_m4t_v2',
        MTModel: 'marian',
        Model: 'encoder-decoder',
      },
      whole: '',
    },
    AutoModelForCausalLM: {
      heads: {
        ForCausalLM:
          'bart big_bird bigbird_pegasus biogpt blenderbot blenderbot-small bloom camembert code_llama codegen cohere cpmant data2vec-text dbrx electra ernie falcon fuyu gemma gemma2 git gpt_bigcode gpt_neo gpt_neox gpt_neox_japanese gptj jamba jetmoe llama mamba marian mbart mega megatron-bert mistral mixtral mpt musicgen musicgen_melody mvp olmo open-llama opt pegasus persimmon phi phi3 plbart prophetnet qwen2 qwen2_moe recurrent_gemma rembert roberta roberta-prelayernorm roc_bert roformer rwkv stablelm starcoder2 whisper xglm xlm-prophetnet xlm-roberta xlm-roberta-xl xmod',
        LMHeadModel: 'bert ctrl gpt-sw3 gpt2 openai-gpt qdqbert transfo-xl xlnet',
        ModelWithLMHead: 'reformer',
        WithLMHeadModel: 'xlm',
      },
      whole: 'bert-generation=BertGenerationDecoder speech_to_text_2=Speech2Text2ForCausalLM trocr=TrOCRForCausalLM',
    },
    AutoModelForZeroShotImageClassification: {
      heads: { Model: 'align altclip blip chinese_clip clip clipseg siglip' },
      whole: '',
    },
    AutoModelForImageClassification: {
      heads: {
        ForImageClassification:
          'beit bit clip convnext convnextv2 cvt data2vec-vision dinat dinov2 efficientnet focalnet hiera imagegpt mobilenet_v1 mobilenet_v2 mobilevit mobilevitv2 nat poolformer pvt pvt_v2 regnet resnet segformer siglip swiftformer swin swinv2 van vit vit_hybrid vit_msn',
      },
      whole:
        'deit=DeiTForImageClassification|DeiTForImageClassificationWithTeacher efficientformer=EfficientFormerForImageClassification|EfficientFormerForImageClassificationWithTeacher levit=LevitForImageClassification|LevitForImageClassificationWithTeacher perceiver=PerceiverForImageClassificationLearned|PerceiverForImageClassificationFourier|PerceiverForImageClassificationConvProcessing',
    },
    AutoModelForImageSegmentation: { heads: { ForSegmentation: 'detr' }, whole: '' },
    AutoModelForSemanticSegmentation: {
      heads: { ForSemanticSegmentation: 'beit data2vec-vision dpt mobilenet_v2 mobilevit mobilevitv2 segformer' },
      whole: 'upernet=UperNetForSemanticSegmentation',
    },
    AutoModelForVision2Seq: {
      heads: {
        ForCausalLM: 'git',
        ForConditionalGeneration:
          'blip blip-2 chameleon idefics2 instructblip instructblipvideo kosmos-2 llava llava-next-video llava_next paligemma video_llava vipllava',
        Model: 'vision-encoder-decoder',
      },
      whole: 'pix2struct=Pix2StructForConditionalGeneration',
    },
    AutoModelForObjectDetection: {
      heads: { ForObjectDetection: 'conditional_detr deformable_detr deta detr rt_detr table-transformer yolos' },
      whole: '',
    },
    AutoModelForZeroShotObjectDetection: { heads: { ForObjectDetection: 'grounding-dino owlv2 owlvit' }, whole: '' },
    AutoModelForDepthEstimation: {
      heads: { ForDepthEstimation: 'depth_anything dpt glpn' },
      whole: 'zoedepth=ZoeDepthForDepthEstimation',
    },
    AutoModelForVideoClassification: { heads: { ForVideoClassification: 'timesformer videomae vivit' }, whole: '' },
    AutoModelForMaskGeneration: { heads: { Model: 'sam' }, whole: '' },
    AutoModelForImageToImage: { heads: { ForImageSuperResolution: 'swin2sr' }, whole: '' },
  },
};
export const autoModels5 = {
  tasks: {
    'audio-classification': 'AutoModelForAudioClassification',
    'automatic-speech-recognition': 'AutoModelForCTC AutoModelForTDT AutoModelForSpeechSeq2Seq',
    'text-to-audio': 'AutoModelForTextToWaveform AutoModelForTextToSpectrogram',
    'feature-extraction': 'AutoModel',
    'text-classification': 'AutoModelForSequenceClassification',
    'token-classification': 'AutoModelForTokenClassification',
    'table-question-answering': 'AutoModelForTableQuestionAnswering',
    'document-question-answering': 'AutoModelForDocumentQuestionAnswering',
    'fill-mask': 'AutoModelForMaskedLM',
    'text-generation': 'AutoModelForCausalLM',
    'zero-shot-classification': 'AutoModelForSequenceClassification',
    'zero-shot-image-classification': 'AutoModelForZeroShotImageClassification',
    'zero-shot-audio-classification': 'AutoModel',
    'image-classification': 'AutoModelForImageClassification',
    'image-feature-extraction': 'AutoModel',
    'image-segmentation': 'AutoModelForImageSegmentation AutoModelForSemanticSegmentation',
    'image-text-to-text': 'AutoModelForImageTextToText',
    'object-detection': 'AutoModelForObjectDetection',
    'zero-shot-object-detection': 'AutoModelForZeroShotObjectDetection',
    decision: 'AutoModelForDecision AutoModelForImageTextToText AutoModelForCausalLM',
    'depth-estimation': 'AutoModelForDepthEstimation',
    'video-classification': 'AutoModelForVideoClassification',
    'mask-generation': 'AutoModelForMaskGeneration',
    'keypoint-matching': 'AutoModelForKeypointMatching',
    'any-to-any': 'AutoModelForMultimodalLM',
  },
  models: {
    AutoModel: {
      heads: {
        '': 'audioflamingo3_encoder bert-generation clvp csm dpr fastspeech2_conformer_with_hifigan fun_asr_nano_encoder gemma3n_audio glm_image_vqmodel glmasr_encoder granite_speech5_ctc granite_speech5_encoder hgnet_v2 higgs_audio_v2 hunyuan_vl_vision idefics3_vision lasr_ctc lasr_encoder lightglue llama4 mgp-str nemotron3_5_asr nemotron_asr_streaming nemotron_asr_streaming_encoder omdet-turbo parakeet_ctc parakeet_encoder parakeet_rnnt parakeet_tdt pe_audio_encoder pe_audio_video_encoder pe_video_encoder qwen2_audio_encoder qwen3_asr_encoder smolvlm_vision t5gemma2_encoder timm_backbone vibevoice voxtral_encoder voxtral_realtime_encoder',
        Model:
          'afmoe aimv2 aimv2_vision_model albert align altclip apertus arcee aria aria_text audio-spectrogram-transformer audioflamingo3 autoformer axk1 axk2 aya_vision bailing_hybrid bamba bark bart beam beit bert big_bird bigbird_pegasus biogpt bit bitnet blenderbot blenderbot-small blip blip-2 blip_2_qformer bloom blt bridgetower bros camembert canary canine chameleon chinese_clip chinese_clip_vision_model clap clip clip_text_model clip_vision_model clipseg codegen cohere cohere2 cohere2_moe cohere2_vision cohere_asr cohere_compass cohere_compass_text cohere_compass_vision conditional_detr convbert convnext convnextv2 cosmos3_edge cosmos3_edge_text cosmos3_edge_vision cosmos3_omni cpmant ctrl cvt cwm d_fine dab-detr dac data2vec-audio data2vec-text data2vec-vision dbrx deberta deberta-v2 decision_transformer deepseek_ocr2 deepseek_v2 deepseek_v3 deepseek_v32 deepseek_v4 deepseek_vl deepseek_vl_hybrid deformable_detr deimv2 deit depth_pro detr dia diffllama diffusion_gemma dinat dinov2 dinov2_with_registers dinov3_convnext dinov3_vit distilbert doge donut-swin dots1 dots3_note dots3_note_text dpt edgetam edgetam_video edgetam_vision_model efficientloftr efficientnet electra embedding_gemma2 embedding_gemma2_text emu3 encodec ernie ernie4_5 ernie4_5_moe ernie4_5_vl_moe esm esmc eurobert evolla exaone4 exaone4_5 exaone4_5_vision exaone_moe falcon falcon_h1 falcon_mamba fast_vlm fastspeech2_conformer flaubert flava flex_olmo flint florence2 fnet focalnet fsmt fun_asr_nano fuyu gemma gemma2 gemma3 gemma3_text gemma3n gemma3n_text gemma3n_vision gemma4 gemma4_audio gemma4_text gemma4_unified gemma4_unified_text gemma4_vision git glm glm4 glm46v glm4_moe glm4_moe_lite glm4v glm4v_moe glm4v_moe_text glm4v_moe_vision glm4v_text glm4v_vision glm5_next glm5_next_text glm5_next_vision glm_image glm_image_text glm_image_vision glm_moe_dsa glm_ocr glm_ocr_text glm_ocr_vision glmasr glmga glpn got_ocr2 gpt-sw3 gpt2 gpt_bigcode gpt_neo gpt_neox gpt_neox_japanese gpt_oss gptj gradium_phonon_tts granite granite4_vision granite_docling granite_docling_text granite_docling_vision granite_speech granite_speech_plus granite_swa granitemoe granitemoe_swa granitemoehybrid granitemoeshared grounding-dino groupvit gte helium hiera higgs_audio_v2_tokenizer hrm_text hubert hunyuan_v1_dense hunyuan_v1_moe hunyuan_vl hunyuan_vl_text hy_v3 hy_v4 hyperclovax hyperclovax_vision_v2 ibert idefics idefics2 idefics3 ijepa imagegpt informer inkling2 inkling2_text inkling2_vision inkling_mm_model inkling_text instructblip instructblipvideo internlm3 internvl internvl_vision iquestcoder jais2 jamba janus jetmoe jina_embeddings_v3 kimi_k25 kimi_k25_vision kimi_linear kolibri1 kosmos-2 kosmos-2.5 kyutai_speech_to_text laguna layoutlm layoutlmv2 layoutlmv3 led levit lfm2 lfm2_moe lfm2_vl lfm3 lfm3_vl lfm3_vl_vision lighton_ocr lilt llama llama4_text llava llava_next llava_next_video llava_onevision longcat_flash longformer longt5 luke lw_detr lxmert m2m_100 mamba mamba2 marian markuplm mask2former maskformer maskformer-swin mbart megatron-bert mellum metaclip_2 mimi mimi_decoder mimi_encoder mimo_v2_flash minicpm3 minicpm_ocr minicpm_ocr_vision minicpmv4_6 minicpmv4_7 minicpmv4_7_vision minimax minimax_m2 minimax_m3_vl minimax_m3_vl_text ministral ministral3 mistral mistral3 mistral4 mistral_large4 mistral_large4_text mixtral mlcd mlcd_vision_model mllama mm-grounding-dino mobilebert mobilenet_v1 mobilenet_v2 mobilevit mobilevitv2 modernbert modernbert-decoder modernvbert molmo2 molmo2_text moonshine moonshine_streaming moshi moss_transcribe_diarize moss_transcribe_diarize_audio mpnet mpt mra mt5 muse_glimmer muse_glimmer_assistant muse_glimmer_text muse_glimmer_vision muse_spark muse_spark_audio muse_spark_text muse_spark_vision musicflamingo musicgen musicgen_melody mvp nanochat nemo_speechlm nemotron nemotron3_5_transcribe_asr_audio nemotron3_5_transcribe_audio nemotron3_5_transcribe_word_timestamp nemotron3_diarization nemotron3_diarization_audio nemotron_h neomme neucodec nllb-moe nomic_bert nystromformer olmo olmo2 olmo3 olmo_hybrid olmoe oneformer openai-gpt openai_privacy_filter opt ovis2 owlv2 owlvit paddleocr_vl paligemma patchtsmixer patchtst pe_audio pe_audio_video pe_video pegasus pegasus_x perceiver perception_lm persimmon phi phi3 phi4_multimodal phimoe pi0 pixio pixtral plbart pocket_tts pocket_tts_audio_tokenizer pocket_tts_audio_tokenizer_decoder pocket_tts_audio_tokenizer_encoder poolformer pp_doclayout_v3 pp_doclayout_v4 pp_ocrv5_mobile_rec pp_ocrv5_server_rec pp_ocrv6_medium_det pp_ocrv6_small_det pp_ocrv6_small_rec pp_ocrv6_tiny_rec prophetnet pvt pvt_v2 qianfan_ocr qianfan_ocr_vision qwen2 qwen2_5_omni_thinker qwen2_5_vl qwen2_5_vl_text qwen2_5_vl_vision qwen2_audio qwen2_moe qwen2_vl qwen2_vl_text qwen3 qwen3_5 qwen3_5_moe qwen3_5_moe_text qwen3_5_moe_vision qwen3_5_text qwen3_5_vision qwen3_asr qwen3_moe qwen3_next qwen3_omni_moe_thinker qwen3_vl qwen3_vl_moe qwen3_vl_moe_text qwen3_vl_moe_vision qwen3_vl_text qwen3_vl_vision qwen4_exp qwen4_exp_text qwen4_exp_vision radio recurrent_gemma reformer regnet rembert resnet rf_detr roberta roberta-prelayernorm roc_bert roformer rt_detr rt_detr_v2 rwkv sam sam2 sam2_hiera_det_model sam2_video sam2_vision_model sam3 sam3_lite_text sam3_lite_text_text_model sam3_tracker sam3_tracker_video sam3_video sam3_vision_model sam3_vit_model sam_hq sam_hq_vision_model sam_vision_model sapiens2 seamless_m4t seamless_m4t_v2 seed_oss segformer seggpt sew sew-d siglip siglip2 siglip2_vision_model siglip_vision_model smollm3 smolvlm solar_open speech_to_text speecht5 splinter squeezebert stablelm starcoder2 step3p7 swiftformer swin swin2sr swinv2 switch_transformers t5 t5gemma t5gemma2 table-transformer tapas textnet time_series_transformer timesfm timesfm2_5 timesformer timm_wrapper tipsv2 tipsv2_text_model tipsv2_vision_model tvp udop ultrabert ultravbert umt5 unispeech unispeech-sat univnet unlimited_ocr uvdoc vaultgemma vibevoice_acoustic_tokenizer vibevoice_acoustic_tokenizer_decoder vibevoice_acoustic_tokenizer_encoder vibevoice_asr video_llama_3 video_llama_3_vision video_llava videomae videoprism videoprism_vision_model vilt vipllava vision-text-dual-encoder visual_bert vit vit_mae vit_msn vitdet vits vivit vjepa2 voxtral voxtral_realtime voxtral_realtime_text wav2vec2 wav2vec2-bert wav2vec2-conformer wavlm whisper xclip xcodec xcodec2 xglm xlm xlm-roberta xlm-roberta-xl xlnet xlstm xmod yolos yoso youtu zamba zamba2 zaya',
      },
      whole: 'funnel=FunnelModel|FunnelBaseModel',
    },
    AutoModelForAudioClassification: {
      heads: {
        ForAudioClassification: 'audio-spectrogram-transformer whisper',
        ForSequenceClassification:
          'data2vec-audio hubert sew sew-d unispeech unispeech-sat wav2vec2 wav2vec2-bert wav2vec2-conformer wavlm',
      },
      whole: '',
    },
    AutoModelForCTC: {
      heads: {
        '': 'granite_speech5_ctc lasr_ctc parakeet_ctc',
        ForCTC:
          'data2vec-audio hubert sew sew-d unispeech unispeech-sat wav2vec2 wav2vec2-bert wav2vec2-conformer wavlm',
      },
      whole: '',
    },
    AutoModelForTDT: { heads: { '': 'parakeet_tdt' }, whole: '' },
    AutoModelForSpeechSeq2Seq: {
      heads: {
        '': 'vibevoice',
        ForConditionalGeneration:
          'canary cohere_asr dia fun_asr_nano granite_speech granite_speech_plus kyutai_speech_to_text moonshine moonshine_streaming qwen3_asr speech_to_text vibevoice_asr voxtral voxtral_realtime whisper',
        ForSpeechToText: 'seamless_m4t seamless_m4t_v2 speecht5',
        Model: 'speech-encoder-decoder',
      },
      whole: 'pop2piano=Pop2PianoForConditionalGeneration',
    },
    AutoModelForTextToWaveform: {
      heads: {
        '': 'csm fastspeech2_conformer_with_hifigan higgs_audio_v2 vibevoice',
        ForConditionalGeneration: 'gradium_phonon_tts musicgen musicgen_melody pocket_tts qwen3_omni_moe',
        ForTextToSpeech: 'seamless_m4t seamless_m4t_v2',
        Model: 'bark vits',
      },
      whole: 'qwen2_5_omni=Qwen2_5OmniForConditionalGeneration',
    },
    AutoModelForTextToSpectrogram: {
      heads: { ForTextToSpeech: 'speecht5', Model: 'fastspeech2_conformer' },
      whole: '',
    },
    AutoModelForSequenceClassification: {
      heads: {
        ForSequenceClassification:
          'albert arcee axk1 axk2 bart bert big_bird bigbird_pegasus biogpt bloom camembert canine cohere_compass_text convbert ctrl data2vec-text deberta deberta-v2 deepseek_v2 deepseek_v3 diffllama distilbert doge electra ernie esm esmc eurobert exaone4 falcon flaubert fnet funnel gemma gemma2 gemma3 gemma3_text glm glm4 gpt-sw3 gpt2 gpt_bigcode gpt_neo gpt_neox gpt_oss gptj gte helium hunyuan_v1_dense hunyuan_v1_moe ibert jamba jetmoe jina_embeddings_v3 layoutlm layoutlmv2 layoutlmv3 lilt llama longformer luke markuplm mbart megatron-bert minicpm3 minimax ministral ministral3 mistral mistral4 mixtral mobilebert modernbert modernbert-decoder modernvbert mpnet mpt mra mt5 mvp nemotron nomic_bert nystromformer olmo olmo2 olmo3 openai-gpt opt perceiver persimmon phi phi3 phimoe plbart qwen2 qwen2_moe qwen3 qwen3_5 qwen3_5_text qwen3_moe qwen3_next reformer rembert roberta roberta-prelayernorm roc_bert roformer seed_oss smollm3 squeezebert stablelm starcoder2 t5 t5gemma t5gemma2 tapas ultrabert ultravbert umt5 xlm xlm-roberta xlm-roberta-xl xlnet xmod yoso zamba zamba2',
      },
      whole: '',
    },
    AutoModelForTokenClassification: {
      heads: {
        ForTokenClassification:
          'albert apertus arcee axk1 axk2 bert big_bird biogpt bloom bros camembert canine convbert data2vec-text deberta deberta-v2 deepseek_v3 diffllama distilbert electra ernie esm esmc eurobert exaone4 falcon flaubert fnet funnel gemma gemma2 glm glm4 gpt-sw3 gpt2 gpt_bigcode gpt_neo gpt_neox gpt_oss gte helium ibert jina_embeddings_v3 layoutlm layoutlmv2 layoutlmv3 lilt llama longformer luke markuplm megatron-bert minimax ministral ministral3 mistral mistral4 mixtral mobilebert modernbert modernvbert mpnet mpt mra mt5 nemotron nomic_bert nystromformer openai_privacy_filter persimmon phi phi3 qwen2 qwen2_moe qwen3 qwen3_5 qwen3_asr qwen3_moe qwen3_next rembert roberta roberta-prelayernorm roc_bert roformer seed_oss smollm3 squeezebert stablelm starcoder2 t5 t5gemma t5gemma2 ultrabert ultravbert umt5 xlm xlm-roberta xlm-roberta-xl xlnet xmod yoso',
      },
      whole: '',
    },
    AutoModelForTableQuestionAnswering: { heads: { ForQuestionAnswering: 'tapas' }, whole: '' },
    AutoModelForDocumentQuestionAnswering: {
      heads: { ForQuestionAnswering: 'layoutlm layoutlmv2 layoutlmv3' },
      whole: '',
    },
    AutoModelForMaskedLM: {
      heads: {
        ForConditionalGeneration: 'bart mbart mvp',
        ForMaskedLM:
          'albert bert big_bird camembert convbert data2vec-text deberta deberta-v2 distilbert electra ernie esm esmc eurobert fnet funnel gte ibert jina_embeddings_v3 layoutlm longformer luke megatron-bert mobilebert modernbert modernvbert mpnet mra neomme nomic_bert nystromformer perceiver reformer rembert roberta roberta-prelayernorm roc_bert roformer squeezebert tapas ultrabert ultravbert xlm-roberta xlm-roberta-xl xmod yoso',
        WithLMHeadModel: 'flaubert xlm',
      },
      whole: '',
    },
    AutoModelForCausalLM: {
      heads: {
        ForCausalLM:
          'afmoe apertus arcee aria_text axk1 axk2 bailing_hybrid bamba bart beam big_bird bigbird_pegasus biogpt bitnet blenderbot blenderbot-small bloom blt camembert codegen cohere cohere2 cohere2_moe cpmant cwm data2vec-text dbrx deepseek_v2 deepseek_v3 deepseek_v32 deepseek_v4 diffllama doge dots1 dots3_note electra emu3 ernie ernie4_5 ernie4_5_moe exaone4 exaone_moe falcon falcon_h1 falcon_mamba flex_olmo flint fuyu gemma gemma2 gemma4_assistant gemma4_unified_assistant git glm glm4 glm4_moe glm4_moe_lite glm_moe_dsa gpt_bigcode gpt_neo gpt_neox gpt_neox_japanese gpt_oss gptj granite granite_swa granitemoe granitemoe_swa granitemoehybrid granitemoeshared helium hrm_text hunyuan_v1_dense hunyuan_v1_moe hy_v3 hy_v4 hyperclovax internlm3 iquestcoder jais2 jamba jetmoe kimi_linear kolibri1 laguna lfm2 lfm2_moe lfm3 llama longcat_flash mamba mamba2 marian mbart megatron-bert mellum mimo_v2_flash minicpm3 minimax minimax_m2 ministral ministral3 mistral mixtral mllama modernbert-decoder moshi mpt musicgen musicgen_melody mvp nanochat nemotron nemotron_h olmo olmo2 olmo3 olmo_hybrid olmoe opt pegasus persimmon phi phi3 phi4_multimodal phimoe plbart prophetnet qwen2 qwen2_moe qwen3 qwen3_5 qwen3_5_moe qwen3_moe qwen3_next qwen4_exp recurrent_gemma rembert roberta roberta-prelayernorm roc_bert roformer rwkv seed_oss smollm3 solar_open stablelm starcoder2 vaultgemma whisper xglm xlm-roberta xlm-roberta-xl xlstm xmod youtu zamba zamba2 zaya',
        ForConditionalGeneration: 'gemma3 gemma3n gemma4 gemma4_unified got_ocr2 moss_transcribe_diarize',
        LMHeadModel: 'bert ctrl gpt-sw3 gpt2 openai-gpt xlnet',
        ModelWithLMHead: 'reformer',
        WithLMHeadModel: 'xlm',
      },
      whole:
        'bert-generation=BertGenerationDecoder cohere_compass_text=CohereCompassForCausalLM dots3_note_text=Dots3NoteForCausalLM gemma3_text=Gemma3ForCausalLM gemma3n_text=Gemma3nForCausalLM gemma4_text=Gemma4ForCausalLM gemma4_unified_text=Gemma4UnifiedForCausalLM inkling2_text=Inkling2ForCausalLM inkling_text=InklingForCausalLM llama4=Llama4ForCausalLM llama4_text=Llama4ForCausalLM minimax_m3_vl_text=MiniMaxM3VLForCausalLM qwen3_5_moe_text=Qwen3_5MoeForCausalLM qwen3_5_text=Qwen3_5ForCausalLM qwen4_exp_text=Qwen4ExpForCausalLM trocr=TrOCRForCausalLM',
    },
    AutoModelForZeroShotImageClassification: {
      heads: {
        ForImageTextRetrieval: 'blip-2',
        Model: 'align altclip blip chinese_clip clip clipseg metaclip_2 siglip siglip2 tipsv2 videoprism',
      },
      whole: '',
    },
    AutoModelForImageClassification: {
      heads: {
        ForImageClassification:
          'beit bit clip convnext convnextv2 cvt data2vec-vision dinat dinov2 dinov2_with_registers donut-swin efficientnet focalnet hiera ijepa imagegpt metaclip_2 mobilenet_v1 mobilenet_v2 mobilevit mobilevitv2 poolformer pvt pvt_v2 regnet resnet segformer siglip siglip2 swiftformer swin swinv2 textnet timm_wrapper vit vit_msn',
      },
      whole:
        'deit=DeiTForImageClassification|DeiTForImageClassificationWithTeacher hgnet_v2=HGNetV2ForImageClassification levit=LevitForImageClassification|LevitForImageClassificationWithTeacher perceiver=PerceiverForImageClassificationLearned|PerceiverForImageClassificationFourier|PerceiverForImageClassificationConvProcessing pp_lcnet=PPLCNetForImageClassification shieldgemma2=ShieldGemma2ForImageClassification',
    },
    AutoModelForImageSegmentation: { heads: { ForSegmentation: 'detr' }, whole: '' },
    AutoModelForSemanticSegmentation: {
      heads: {
        ForSemanticSegmentation:
          'beit data2vec-vision dpt mobilenet_v2 mobilevit mobilevitv2 sapiens2 segformer tipsv2_dpt',
      },
      whole: 'upernet=UperNetForSemanticSegmentation',
    },
    AutoModelForImageTextToText: {
      heads: {
        '': 'llama4',
        ForBlockDiffusion: 'diffusion_gemma',
        ForCausalLM: 'fuyu git mistral4',
        ForConditionalGeneration:
          'aria aya_vision blip blip-2 chameleon cohere2_vision cohere_compass cosmos3_edge cosmos3_omni deepseek_ocr2 deepseek_vl deepseek_vl_hybrid dots3_note emu3 ernie4_5_vl_moe exaone4_5 fast_vlm florence2 gemma3 gemma3n gemma4 gemma4_unified glm46v glm4v glm4v_moe glm5_next glm_ocr glmga got_ocr2 granite4_vision granite_docling hunyuan_vl hyperclovax_vision_v2 idefics2 idefics3 inkling2 inkling_mm_model instructblip instructblipvideo internvl janus kimi_k25 kosmos-2 kosmos-2.5 lfm2_vl lfm3_vl lighton_ocr llava llava_next llava_next_video llava_onevision minicpm_ocr minicpmv4_6 minicpmv4_7 mistral3 mistral_large4 mllama molmo2 muse_glimmer muse_spark ovis2 paddleocr_vl paligemma perception_lm pi0 qianfan_ocr qwen2_5_omni_thinker qwen2_5_vl qwen2_vl qwen3_5 qwen3_5_moe qwen3_omni_moe_thinker qwen3_vl qwen3_vl_moe qwen4_exp smolvlm step3p7 t5gemma2 udop unlimited_ocr video_llama_3 video_llava vipllava',
        ForProteinText2Text: 'evolla',
        ForVisionText2Text: 'idefics',
        Model: 'vision-encoder-decoder',
      },
      whole:
        'minimax_m3_vl=MiniMaxM3SparseForConditionalGeneration nemotron_h_omni=NemotronH_Omni_Reasoning_V3 pix2struct=Pix2StructForConditionalGeneration pp_chart2table=GotOcr2ForConditionalGeneration pp_formulanet=PPFormulaNetForConditionalGeneration shieldgemma2=Gemma3ForConditionalGeneration',
    },
    AutoModelForObjectDetection: {
      heads: {
        ForObjectDetection:
          'conditional_detr d_fine dab-detr deformable_detr deimv2 detr lw_detr pp_doclayout_v3 pp_doclayout_v4 pp_ocrv6_medium_det pp_ocrv6_small_det rf_detr rt_detr rt_detr_v2 table-transformer yolos',
      },
      whole:
        'pp_doclayout_v2=PPDocLayoutV2ForObjectDetection pp_ocrv5_mobile_det=PPOCRV5MobileDetForObjectDetection pp_ocrv5_server_det=PPOCRV5ServerDetForObjectDetection',
    },
    AutoModelForZeroShotObjectDetection: {
      heads: { '': 'omdet-turbo', ForObjectDetection: 'grounding-dino mm-grounding-dino owlv2 owlvit' },
      whole: '',
    },
    AutoModelForDecision: {
      heads: { ForDecision: 'jev' },
      whole:
        'gemma4=JevForDecision qwen2=JevForDecision qwen3_5=JevForDecision qwen3_5_moe=JevForDecision qwen3_5_text=JevForDecision',
    },
    AutoModelForDepthEstimation: {
      heads: { ForDepthEstimation: 'depth_anything depth_pro dpt glpn prompt_depth_anything tipsv2_dpt' },
      whole: 'chmv2=CHMv2ForDepthEstimation zoedepth=ZoeDepthForDepthEstimation',
    },
    AutoModelForVideoClassification: {
      heads: { ForVideoClassification: 'timesformer videomae vivit vjepa2' },
      whole: 'videoprism_vision_model=VideoPrismForVideoClassification',
    },
    AutoModelForMaskGeneration: {
      heads: { Model: 'edgetam sam sam2 sam3_tracker sam_hq' },
      whole: 'edgetam_video=EdgeTamModel sam2_video=Sam2Model sam3_video=Sam3TrackerModel',
    },
    AutoModelForKeypointMatching: {
      heads: { '': 'lightglue', ForKeypointMatching: 'efficientloftr' },
      whole: 'superglue=SuperGlueForKeypointMatching',
    },
    AutoModelForMultimodalLM: {
      heads: {
        '': 'llama4',
        ForBlockDiffusion: 'diffusion_gemma',
        ForCausalLM: 'fuyu git mistral4 phi4_multimodal',
        ForConditionalGeneration:
          'aria aya_vision blip blip-2 chameleon cohere2_vision cohere_compass cosmos3_edge cosmos3_omni deepseek_ocr2 deepseek_vl deepseek_vl_hybrid dots3_note emu3 ernie4_5_vl_moe exaone4_5 fast_vlm florence2 fun_asr_nano gemma3 gemma3n gemma4 gemma4_unified glm46v glm4v glm4v_moe glm5_next glm_ocr glmasr glmga got_ocr2 granite4_vision granite_docling granite_speech granite_speech_plus hunyuan_vl hyperclovax_vision_v2 idefics2 idefics3 inkling2 inkling_mm_model instructblip instructblipvideo internvl janus kimi_k25 kosmos-2 kosmos-2.5 kyutai_speech_to_text lfm2_vl lfm3_vl lighton_ocr llava llava_next llava_next_video llava_onevision minicpm_ocr minicpmv4_6 minicpmv4_7 mistral3 mistral_large4 mllama molmo2 moss_transcribe_diarize muse_glimmer muse_spark nemo_speechlm ovis2 paddleocr_vl paligemma perception_lm pi0 qianfan_ocr qwen2_5_omni_thinker qwen2_5_vl qwen2_audio qwen2_vl qwen3_5 qwen3_5_moe qwen3_asr qwen3_omni_moe qwen3_omni_moe_thinker qwen3_vl qwen3_vl_moe qwen4_exp smolvlm step3p7 t5gemma2 udop unlimited_ocr vibevoice_asr video_llama_3 video_llava vipllava voxtral voxtral_realtime',
        ForProteinText2Text: 'evolla',
        ForVisionText2Text: 'idefics',
        Model: 'vision-encoder-decoder',
      },
      whole:
        'minimax_m3_vl=MiniMaxM3SparseForConditionalGeneration nemotron_h_omni=NemotronH_Omni_Reasoning_V3 pix2struct=Pix2StructForConditionalGeneration pp_chart2table=GotOcr2ForConditionalGeneration pp_formulanet=PPFormulaNetForConditionalGeneration qwen2_5_omni=Qwen2_5OmniForConditionalGeneration shieldgemma2=Gemma3ForConditionalGeneration',
    },
  },
};
/** Model types by modules that stay in single precision beside half precision; `strict`: beside bfloat16 as well. */
export const keptInSingle = {
  half: {
    'classifier.weight': 'longcat_flash',
    expert_bias: 'afmoe',
    'indexer.weights_proj': 'axk2 deepseek_v32 glm_moe_dsa mistral_large4 mistral_large4_text',
    input_layernorm: 'afmoe gpt_oss',
    k_norm: 'afmoe',
    norm: 'afmoe gpt_oss',
    post_attention_layernorm: 'afmoe gpt_oss',
    post_mlp_layernorm: 'afmoe',
    pre_mlp_layernorm: 'afmoe',
    q_norm: 'afmoe',
    qformer: 'blip-2',
    query_tokens: 'blip-2 instructblip instructblipvideo',
    'self_attn.compressor.gate_proj': 'deepseek_v4',
    'self_attn.compressor.indexer.gate_proj': 'deepseek_v4',
    'self_attn.compressor.indexer.kv_proj': 'deepseek_v4',
    'self_attn.compressor.indexer.scorer.weights_proj': 'deepseek_v4',
    'self_attn.compressor.kv_proj': 'deepseek_v4',
    time_decay: 'rwkv',
    time_first: 'rwkv',
    wo: 'blip-2 mt5 pop2piano t5 udop umt5',
  },
  strict: {
    A_log: 'bailing_hybrid glm5_next glm5_next_text glm5_next_vision',
    attention_input: 'inkling2 inkling2_text inkling2_vision',
    attn_hc: 'deepseek_v4',
    'attn_hc.base': 'glm5_next glm5_next_text glm5_next_vision',
    'attn_hc.scale': 'glm5_next glm5_next_text glm5_next_vision',
    attn_sconv: 'inkling_mm_model inkling_text',
    audio_tower: 'nemo_speechlm',
    base: 'hy_v4',
    codec_model: 'kyutai_speech_to_text',
    'conv.norm': 'granite_speech5_ctc granite_speech5_encoder',
    conv1d: 'bailing_hybrid glm5_next glm5_next_text glm5_next_vision',
    dt_bias: 'bailing_hybrid glm5_next glm5_next_text glm5_next_vision',
    e_score_correction_bias:
      'axk1 axk2 bailing_hybrid beam deepseek_v3 deepseek_v32 deepseek_v4 dots1 dots3_note dots3_note_text exaone_moe glm4_moe glm4_moe_lite glm4v_moe glm4v_moe_text glm4v_moe_vision glm5_next glm5_next_text glm5_next_vision glm_moe_dsa hy_v3 hy_v4 inkling2 inkling2_text inkling2_vision inkling_mm_model inkling_text kolibri1 mimo_v2_flash muse_spark muse_spark_audio muse_spark_text muse_spark_vision nemotron_h solar_open',
    embed_positions: 'voxtral',
    ffn_hc: 'deepseek_v4',
    'ffn_hc.base': 'glm5_next glm5_next_text glm5_next_vision',
    'ffn_hc.scale': 'glm5_next glm5_next_text glm5_next_vision',
    final_input: 'inkling2 inkling2_text inkling2_vision',
    fn: 'hy_v4',
    freqs: 'gradium_phonon_tts pocket_tts',
    'gate.global_scale': 'inkling_mm_model inkling_text',
    'gate.weight': 'ernie4_5_moe ernie4_5_vl_moe flint',
    hc_base: 'hy_v4',
    hc_fn: 'hy_v4',
    hc_head: 'deepseek_v4',
    hc_scale: 'hy_v4',
    input_layernorm: 'deepseek_v4',
    k_norm: 'hy_v4',
    k_sconv: 'inkling_mm_model inkling_text',
    'k_sconv.conv1d': 'inkling2 inkling2_text inkling2_vision',
    kv_norm: 'deepseek_v4',
    latent_mean: 'gradium_phonon_tts pocket_tts',
    latent_std: 'gradium_phonon_tts pocket_tts',
    lm_head: 'hy_v4',
    'mlp.gate.weight':
      'beam inkling2 inkling2_text inkling2_vision mistral_large4 mistral_large4_text muse_spark muse_spark_audio muse_spark_text muse_spark_vision',
    mlp_input: 'inkling2 inkling2_text inkling2_vision',
    mlp_sconv: 'inkling_mm_model inkling_text',
    moe_statics: 'ernie4_5_moe ernie4_5_vl_moe',
    multi_modal_projector: 'nemo_speechlm',
    norm: 'deepseek_v4',
    position_bias: 'deepseek_v4',
    post_attention_convolution: 'inkling2 inkling2_text inkling2_vision',
    post_attention_layernorm: 'deepseek_v4',
    post_attention_residual_gate: 'muse_spark muse_spark_audio muse_spark_text muse_spark_vision',
    post_feedforward_residual_gate: 'muse_spark muse_spark_audio muse_spark_text muse_spark_vision',
    post_mlp_convolution: 'inkling2 inkling2_text inkling2_vision',
    q_a_norm: 'deepseek_v4',
    rotary_emb: 'mistral_large4 mistral_large4_text',
    scale: 'hy_v4',
    sinks: 'deepseek_v4 flint hy_v4 openai_privacy_filter',
    v_sconv: 'inkling_mm_model inkling_text',
    'v_sconv.conv1d': 'inkling2 inkling2_text inkling2_vision',
    weights_proj: 'hy_v4',
  },
};
