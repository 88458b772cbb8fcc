// Shows the description of this gateway; "Try it out" calls it.
window.ui = SwaggerUIBundle({
  url: '/api/v1/openapi.json',
  dom_id: '#paths',
  deepLinking: true,
  docExpansion: 'none',
  filter: true,
  defaultModelsExpandDepth: -1,
  displayRequestDuration: true,
  tryItOutEnabled: true,
  // No one else is told what is shown here.
  validatorUrl: null,
});
