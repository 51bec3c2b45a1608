package api

import "net/http"

// pages are the routes that people look at.
func (a *API) pages() {}

// refusePage sends whoever has no session to the sign-in page, and shows everybody else why not.
func (a *API) refusePage(w http.ResponseWriter, r *http.Request, err error) { a.fail(w, r, err) }
