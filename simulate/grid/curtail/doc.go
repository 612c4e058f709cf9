// Package curtail lets meters of the simulated city use less while they are asked to (模拟需求响应), so that what a program measures of an event can be
// held against what was really saved.
package curtail
