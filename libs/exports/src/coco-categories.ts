/** The 80 thing classes of COCO 2014/2017 in the order of their ids, a blank in a name as `_`. */
const NAMES = `
person bicycle car motorcycle airplane bus train truck boat traffic_light fire_hydrant stop_sign
parking_meter bench bird cat dog horse sheep cow elephant bear zebra giraffe backpack umbrella
handbag tie suitcase frisbee skis snowboard sports_ball kite baseball_bat baseball_glove skateboard
surfboard tennis_racket bottle wine_glass cup fork knife spoon bowl banana apple sandwich orange
broccoli carrot hot_dog pizza donut cake chair couch potted_plant bed dining_table toilet tv laptop
mouse remote keyboard cell_phone microwave oven toaster sink refrigerator book clock vase scissors
teddy_bear hair_drier toothbrush
`
  .trim()
  .split(/\s+/)
  .map((name) => name.replaceAll('_', ' '));
/** Ids between 1 and 90 that COCO defined and never used. */
const UNUSED = new Set([12, 26, 29, 30, 45, 66, 68, 69, 71, 83]);
const IDS = Array.from({ length: 90 }, (_, index) => index + 1).filter((id) => !UNUSED.has(id));

/** COCO's own category id of a class name: what its tools compare by. */
export const COCO_CATEGORY_IDS: ReadonlyMap<string, number> = new Map(
  NAMES.map((name, index) => [name, IDS[index] as number]),
);

/** Classes that COCO does not know get ids from here on, in the order of their appearance. */
export const FIRST_OWN_CATEGORY_ID = 1001;
