// Package model is the statistics of early warning (多元统计过程监控): what a plant's points do together while all is well, and how far
// a moment lies from that. Pure: rows of numbers in, scores out; no clock, no store.
//
// # The method
//
// Each point is standardised by a winsorised mean and deviation. Rows of the present and of the last Lags samples are joined (dynamic
// PCA), principal components are taken until Share of the variance is explained, and two distances are watched: Hotelling's T² inside the components (the
// points move together as they do, but too far) and Q inside what is left (they do not move together any more), with each
// residual direction weighed by its own variance where Weigh is set. Both are watched twice: as they come, and of the
// exponentially weighted mean of the rows, which finds small lasting shifts (multivariate EWMA).
//
// # Limits
//
// Limits come from the training window alone, by blocked cross-validation: the window is cut in Folds, each is scored by a model that
// was learnt from the others, and the limit of a statistic is the greater of two figures of these held-out scores: Box's
// approximation g·χ²(h) of their distribution at Level, and their empirical quantile there. A window that drifts thus gets limits that its own drift keeps,
// and a model with many lags is not judged by the rows that it was fitted to.
//
// # Alarm
//
// The index of a row is the greatest of the statistics over their limits. On rows in succession above 1 bring the alarm, Off rows in succession
// below Clear end it. The contributions say which points the distance is made of.
//
// Sources: Jackson and Mudholkar 1979 (Q), Box 1954 (g·χ²), Ku, Storer and Georgakis 1995 (lags), Lowry and others 1992 (MEWMA), Chiang, Russell and Braatz 2001
// (the measures on the Tennessee Eastman process).
package model
