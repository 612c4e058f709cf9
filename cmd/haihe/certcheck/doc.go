// Package certcheck (证书核验) is the command haihe cert verify: it reads certificates, lists and answers from files, DER or PEM, and prints
// whether a certificate is valid and why not. What it knows is in kernel/trust/path.
package certcheck
