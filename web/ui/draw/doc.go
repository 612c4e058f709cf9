// Package draw draws the console's pictures as SVG on the server: water gauge (水尺), trajectory (进度轨迹), spark line, chart,
// slot strip and city map.
//
// A picture that is drawn here prints, works without script and without WebGL, and its words stay words for a screen reader.
// Functions take numbers and ready words in one language and return markup whose words are escaped; colours are left to the
// style sheet (classes and tokens of css/haihe.css), sizes stand in attributes, so that the content security policy needs no
// exception. It knows nothing of pages or systems. The map's polygons come from web/static.
package draw
