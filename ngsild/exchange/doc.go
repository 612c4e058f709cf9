// Package exchange is what every NGSI-LD operation over HTTP has in common (ETSI GS CIM 009 V1.9.1, 6.3).
package exchange
