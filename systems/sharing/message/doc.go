// Package message is the form of a signed call between two members (签名报文): which header fields it has, what its signature covers, and the
// text that is signed, which can be made again from a handful of values years later.
//
// A call is
//
//	POST /exchange/v1/resources/{resource}/call
//	Content-Type: …
//	Content-Digest: sha-256=:…:                            RFC 9530
//	Haihe-Caller, Haihe-Provider: ids of members
//	Haihe-Person: id of whoever asks within the caller
//	Haihe-Purpose: code of the purpose
//	Signature-Input: call=("@method" "@path" "content-type" "content-digest" "haihe-caller" "haihe-provider" "haihe-person"
//	    "haihe-purpose");created=…;nonce="id of the message";keyid="SHA-256 of the certificate";alg="…";tag="haihe-exchange"
//	Signature: call=:…:                                    RFC 9421
//
// Parameters travel in the body, so that nothing personal stands in what is signed and kept: of the body that is its digest alone. The
// answer's signature covers its status, type and digest, and the digest and the signature of the request (RFC 9421 2.4), so that no
// answer passes for that to another request.
//
// Algorithms: ecdsa-p256-sha256 (RFC 9421 3.3.4) and sm2-sm3 (GB/T 32918.2 with the default signer id) as r and s of 32 bytes each;
// haihe-batch, one signature over the root of a Merkle tree of messages with this message's path (kernel/trust/batch).
package message
