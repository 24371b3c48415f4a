// Makes and opens a hand-off with go-jose, under the key in a JWK file.
// usage: handoff make KEY < contents.json, or: handoff open KEY < bill
package main

import (
	"bytes"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log"
	"os"
	"time"

	jose "gopkg.in/square/go-jose.v2"
)

func main() {
	log.SetFlags(0)
	if len(os.Args) != 3 {
		log.Fatal("usage: handoff make|open KEY")
	}
	file, err := os.ReadFile(os.Args[2])
	if err != nil {
		log.Fatal(err)
	}
	var key jose.JSONWebKey
	if err := json.Unmarshal(file, &key); err != nil {
		log.Fatal(err)
	}
	input, err := io.ReadAll(os.Stdin)
	if err != nil {
		log.Fatal(err)
	}
	act := open
	if os.Args[1] == "make" {
		act = makeBill
	}
	output, err := act(key, bytes.TrimSpace(input))
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(output)
}

func makeBill(key jose.JSONWebKey, input []byte) (string, error) {
	decoder := json.NewDecoder(bytes.NewReader(input))
	decoder.UseNumber()
	var contents map[string]any
	if err := decoder.Decode(&contents); err != nil {
		return "", err
	}
	nonce := make([]byte, 12)
	if _, err := rand.Read(nonce); err != nil {
		return "", err
	}
	contents["v"] = 1
	contents["issued_at"] = time.Now().Format(time.RFC3339)
	contents["nonce"] = base64.RawURLEncoding.EncodeToString(nonce)
	plain, err := json.Marshal(contents)
	if err != nil {
		return "", err
	}
	// kid goes into the header with the key
	encrypter, err := jose.NewEncrypter(jose.A256GCM, jose.Recipient{Algorithm: jose.DIRECT, Key: key}, nil)
	if err != nil {
		return "", err
	}
	bill, err := encrypter.Encrypt(plain)
	if err != nil {
		return "", err
	}
	return bill.CompactSerialize()
}

func open(key jose.JSONWebKey, input []byte) (string, error) {
	bill, err := jose.ParseEncrypted(string(input))
	if err != nil {
		return "", err
	}
	if bill.Header.Algorithm != string(jose.DIRECT) || bill.Header.ExtraHeaders["enc"] != string(jose.A256GCM) {
		return "", errors.New("the header is not dir with A256GCM")
	}
	plain, err := bill.Decrypt(key)
	return string(plain), err
}
