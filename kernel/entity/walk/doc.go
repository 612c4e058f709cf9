// Package walk (检索) finds the entities that fulfil a question: SQL narrows the candidates, an evaluator in Go decides.
//
// How candidates are found, in this order of preference:
//
//  1. ids: the entities named;
//  2. an indexed attribute that equals a value: its index is in order of num and is read in pieces;
//  3. an indexed attribute with a prefix or in a range, an id with a prefix, a box: the nums are gathered whole, provided that
//     there are not too many of them compared with what a walk would look at;
//  4. a walk along the types, the owner or everything, in order of num.
//
// Whatever is chosen, the candidates include every match, so the choice changes the time and never the answer.
package walk
