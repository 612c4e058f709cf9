// Package storetest holds both engines to the same behaviour, and gives other packages' tests a database.
package storetest
