/** Content security policy of the page, wherever it is served from: it loads nothing from elsewhere, nobody frames it. */
export const PAGE_POLICY =
  "default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none'; frame-ancestors 'none'";
