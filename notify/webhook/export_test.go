package webhook

// Signature is signature, for the vector of the standard.
var Signature = signature
