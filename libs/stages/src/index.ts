export { classificationCrops, type Crops } from './classify/crops.ts';
export { classify, type ClassifyParams } from './classify/classify.ts';
export { suppress } from './detect/candidates.ts';
export { detect, type DetectParams, type Detection } from './detect/detect.ts';
export { detectRegions, type RegionsInput } from './detect/detect-regions.ts';
export { mergeSightings, type Sighting } from './detect/merge.ts';
export { planTiles, type TilePlan } from './detect/tiles.ts';
export { selectClasses } from './select-classes.ts';
export {
  MASK_BATCH,
  maskFromBox,
  type BoxMask,
  type MaskFromBoxInput,
} from './mask-from-box/mask-from-box.ts';
export { personMatte, semanticClasses, type ClassMap, type SemanticParams } from './semantic/semantic.ts';
export { faceBoxes } from './face-boxes/face-boxes.ts';
export { faceMesh } from './face-mesh/face-mesh.ts';
export { handLandmarks } from './hand-landmarks/hand-landmarks.ts';
export { bestItems, type BestOptions, type Keypoint, type KeypointItem } from './keypoints/keypoints.ts';
export { multiPose } from './multi-pose/multi-pose.ts';
export { palms } from './palms/palms.ts';
export type { Part, PartParams } from './parts/part-detector.ts';
export type { PartFrame, Parts } from './parts/part-landmarks.ts';
export {
  MIN_PERSON_SCORE,
  PERSON_DETECTORS,
  pose,
  POSE_MODELS,
  type People,
  type Person,
} from './pose/pose.ts';
export {
  calibratedCutoff,
  embedPicture,
  embedTexts,
  spaceKey,
  spaceOf,
  type PictureModels,
  type StageRunner,
  type TextModels,
} from './embedding-spaces.ts';
export { imageEmbedding, imageFeatures, type ImageFeatures } from './image-features/image-features.ts';
export { imageProjection } from './image-projection/image-projection.ts';
export { textProjection } from './text-projection/text-projection.ts';
export { textStates, type TextParams, type TextStates } from './text-states/text-states.ts';
export {
  beamSearch,
  type BeamOptions,
  type BeamStep,
  type Sentence,
  type WordScores,
} from './caption/beam-search.ts';
export {
  BANNED as CAPTION_NEVER,
  captionPrefix,
  captionStep,
  captionStepWithAttention,
  END as CAPTION_END,
  START as CAPTION_START,
  type CaptionStepInput,
  type CaptionStepOutput,
} from './caption/captioner.ts';
export { answerQuestions, type AnswerInput, type Answers } from './answer/answer-questions.ts';
