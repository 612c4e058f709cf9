// Package dlms speaks DLMS/COSEM, the protocol of meters outside China: the wrapper of TCP (IEC 62056-47), the association and the
// services GET, SET, ACTION, DataNotification and EventNotification (IEC 62056-5-3), their data in A-XDR (IEC 61334-6), ciphered
// services of security suite 0, and of the object model (IEC 62056-6-2) what reading a load profile takes: OBIS codes, registers
// with scaler and unit, profile buffers as arrays and as compact arrays.
//
// [Scanner] finds wrapper frames in a byte stream; [Decode] and [Encode] turn a frame's data into an [APDU] and back;
// [Keys.Open] and [Keys.Seal] take ciphering off and put it on; [Blocks] puts an answer in blocks together; [Columns] and [Rows]
// read a load profile. What is malformed is refused with an [Error] that names offset and clause.
//
// The wrapper has no check of its own: TCP's is all there is where a message is not ciphered, so that a changed byte may read as
// another value. HDLC, which has one, is wire/dlms/hdlc's. Passwords and the proof of mechanism 5 (GMAC) are spoken; general ciphering is not.
package dlms
