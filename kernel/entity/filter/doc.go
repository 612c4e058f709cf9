// Package filter decides whether an entity is selected by an NGSI-LD query (筛选求值), and sorts entities.
//
// It reads entities as package ngsi holds them and trees as package query gives them, and keeps nothing: no data lies here. SQL
// narrows by what Selection tells about itself (Box, Equals, Wants); Match alone decides, so that engines cannot disagree.
// Whether an entity has expired, and who may see it, is the caller's business.
//
// Where ETSI GS CIM 009 V1.9.1 4.9 leaves room, this is what holds here:
//
//   - An attribute with several instances fulfils a condition where one of its instances does, != included. Within one instance
//     the languages of a LanguageProperty and the elements of an array count together: == asks for one that is equal, != for none.
//   - Data types must agree: an array, an object or null fulfils no ordering, range or pattern; != holds where types differ. Texts
//     that are dates or times compare with dates and times; a quoted time compares with members such as observedAt as a time.
//   - Texts are ordered by code point. URIs are compared as they are written. A pattern matches where a part of the text does.
//   - A VocabProperty compares by name: a URI, or a term that expandValues asks to expand; a term alone is equal to none.
//   - != and !~= need the attribute to be there.
package filter
