// Package cap reads and writes alerts of the Common Alerting Protocol (通用警报协议): version 1.2 (OASIS 2010, also ITU-T X.1303 bis), and
// reads version 1.1.
//
// [Read] holds an alert to the schema and to the rules that the standard states beyond it, and collects every fault with its place and clause
// ([Error]). Optional elements that are there but empty are as good as absent, which the alerts of several agencies rely on; where a value
// has to be given they are faults, and an empty list of references is one too. What is doubtful but allowed stands in [Alert.Notes].
// [Write] writes version 1.2 in one form only, so that the same alert gives the same bytes.
//
// A signature is checked by [Verify]; see package tree for what is supported. [ReadFeed] reads Atom and RSS feeds of alerts, and
// [ReadDistribution] those wrapped in EDXL-DE 1.0. Clause numbers are those of CAP 1.2 also where 1.1 is read, whose chapters are the same.
package cap
