// Package index (索引) keeps the values of the attributes that a model marks "x-index", for the types of the common context: texts in
// entity_text, numbers in entity_number, each in order. Package walk asks them; what they hold decides nothing.
package index
