// Package early is the statistical early warning of plants (统计预警): beside the limits of single points it watches what the points of a plant do
// together, and warns when they leave that, with the points that contribute most. The statistics are package model.
//
// # The way of a reading
//
// [Part.Observe] is told of every reading that was stored and adds it to its plant's present slot (the mean of a slot of one
// interval; a point that is silent keeps its last value for three slots and is missing after that). [Part.Tick] closes slots that are
// over, scores them, and writes scores, warnings and alarms in one transaction. Plants that stand still, and moments in which more than a third of the
// points are missing, are not scored: silence has its own alarm.
//
// # Learning
//
// A model is learnt from a window of the series by a schedule or by a person, and kept as a version. Slots with a standing alarm of the
// plant are left out, warnings that were judged false are not. A window is refused where points wandered in it (strain), and where the model at
// work would have warned in more than a twentieth of it: a fault must not become normal unseen. A person may take it all the same, with a reason that
// the journal keeps; the schedule may not.
//
// Data lie in the tables safety_early_model, safety_early_plant and safety_early_warning, and in the series safety.early (each statistic over its limit).
package early
