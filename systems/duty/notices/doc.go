// Package notices is the duty desk's part for notices (通知): what was told, to whom, by which way and with what answer; the register of
// contacts; what was recorded and not sent; what the reader was told; and the public page that takes an answer by its link. Telling is
// done by kernel/casework/notice.
package notices
