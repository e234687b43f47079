import vue from "@vitejs/plugin-vue";

const isCustomElement = (tag) => tag.startsWith("promptomy-");

export default { plugins: [vue({ template: { compilerOptions: { isCustomElement } } })] };
