/** Names of Unicode's scripts, the frequent ones first. */
const scriptNames = (
  'Common Latin Han Hiragana Katakana Hangul Cyrillic Arabic Greek Hebrew Devanagari Thai Inherited Bengali Tamil Telugu ' +
  'Gujarati Kannada Malayalam Gurmukhi Oriya Sinhala Khmer Lao Myanmar Tibetan Georgian Armenian Ethiopic Mongolian Bopomofo ' +
  'Adlam Ahom Anatolian_Hieroglyphs Avestan Balinese Bamum Bassa_Vah Batak Bhaiksuki Brahmi Braille Buginese Buhid ' +
  'Canadian_Aboriginal Carian Caucasian_Albanian Chakma Cham Cherokee Chorasmian Coptic Cuneiform Cypriot Deseret Dives_Akuru ' +
  'Dogra Duployan Egyptian_Hieroglyphs Elbasan Elymaic Glagolitic Gothic Grantha Gunjala_Gondi Hanifi_Rohingya Hanunoo Hatran ' +
  'Imperial_Aramaic Inscriptional_Pahlavi Inscriptional_Parthian Javanese Kaithi Kayah_Li Kharoshthi Khitan_Small_Script Khojki ' +
  'Khudawadi Lepcha Limbu Linear_A Linear_B Lisu Lycian Lydian Mahajani Makasar Mandaic Manichaean Marchen Masaram_Gondi ' +
  'Medefaidrin Meetei_Mayek Mende_Kikakui Meroitic_Cursive Meroitic_Hieroglyphs Miao Modi Mro Multani Nabataean Nandinagari ' +
  'New_Tai_Lue Newa Nko Nushu Nyiakeng_Puachue_Hmong Ogham Ol_Chiki Old_Hungarian Old_Italic Old_North_Arabian Old_Permic ' +
  'Old_Persian Old_Sogdian Old_South_Arabian Old_Turkic Osage Osmanya Pahawh_Hmong Palmyrene Pau_Cin_Hau Phags_Pa Phoenician ' +
  'Psalter_Pahlavi Rejang Runic Samaritan Saurashtra Sharada Shavian Siddham SignWriting Sogdian Sora_Sompeng Soyombo Sundanese ' +
  'Syloti_Nagri Syriac Tagalog Tagbanwa Tai_Le Tai_Tham Tai_Viet Takri Tangut Tifinagh Tirhuta Ugaritic Vai Wancho Warang_Citi ' +
  'Yezidi Yi Zanabazar_Square'
).split(' ');

const patterns = scriptNames.map((name) => [name, new RegExp(`^\\p{Script=${name}}$`, 'u')] as const);
const known = new Map<string, string | undefined>();

/** Script of a character as the library's splitter counts it: kana is Han; a space, or an unassigned character, has none. */
export function scriptOf(character: string): string | undefined {
  if (known.has(character)) return known.get(character);
  const found = character === ' ' ? undefined : patterns.find(([, pattern]) => pattern.test(character))?.[0];
  const isKana = found === 'Hiragana' || found === 'Katakana' || character === '\u30fc';
  const script = isKana ? 'Han' : found;
  known.set(character, script);
  return script;
}
