// Package config reads the configuration file (配置文件): one TOML text, one section a part of the program, each a struct with its
// defaults, whose tags document it, bound it, and print the sample.
//
// It keeps nothing and opens no file: whoever calls hands the text in. What the sections are is the business of package host.
package config
