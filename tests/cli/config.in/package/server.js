const fs = require("fs");

require("http").createServer((request, response) => {
  response.end(fs.readFileSync("page.html"));
});
