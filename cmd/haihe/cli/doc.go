// Package cli (命令行) is what the commands of the program share: the machine that a command sees, its flags and help, the exit codes, one
// sentence in both languages for what went wrong, and the bar that shows how far long work is. It knows no system.
package cli
