// Command haihe is the program (海河): the one place that reads the command line and the configuration file, chooses the
// engine, hands out the clock, and wires the kernels, the systems and the console to each other.
//
// A sub-command is one file, or a folder where it needs nothing of the platform (verify, exchange, certcheck, ca); what they share is in cli. `haihe help` lists them. What goes wrong is said in one sentence, in Chinese and in English, on
// the standard error; the exit code tells a script what kind it was:
//
//	0  done
//	1  a failure of the program itself
//	2  the command line, the configuration or the input is wrong
//	3  the address to listen on cannot be had
//	4  the data cannot be opened: folder, lock of another instance, disk, database server
//	5  a verification found something
package main
