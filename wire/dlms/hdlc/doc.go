// Package hdlc is the data link layer that DLMS meters speak on lines and through transparent gateways (IEC 62056-46): frames of type 3 with
// header and frame check, addresses of one, two and four bytes, connecting with negotiation of sizes and windows, messages cut into
// information frames and put together again, and the three bytes of the LLC before each message.
//
// [Scanner] finds frames in a byte stream. [Client] and [Server] are the two sides of a connection: they are handed the frames that came and say
// which ones to send and which message is complete. They hold no connection and no clock, so that who uses them decides about waiting:
// [Client.Again] is for a time-out.
//
// Connecting is SNRM and UA, in normal response mode: the client polls, the server answers. Information frames behind a lost one are
// passed over and sent again; a server repeats its answer as long as it is not acknowledged.
package hdlc
