export { captionIn, cleanCaption, withCaption, type Caption, type CaptionInPacket } from './caption.ts';
export { newPacket, readPacket } from './packet.ts';
export { openXmp, type XmpFormat, type XmpHolder } from './picture.ts';
