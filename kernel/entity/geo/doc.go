// Package geo decides how geometries lie to one another (空间关系).
package geo
